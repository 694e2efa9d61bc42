"""Everything that can go wrong between a request and its response, declared in advance.

A fault waits for matching requests and is used up by them. What happens on the wire is real: the
connection is cut, the body is short, the response never arrives.
"""

import asyncio
import json
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum, auto
from fnmatch import fnmatchcase
from http import HTTPStatus
from typing import Any

from aiohttp import hdrs, web

from sandbox.clock import Clock
from sandbox.holding import Holding
from sandbox.kling.errors import HTTP_STATUS, Refusal, granted, refused

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
DRIPS = 20


class How(StrEnum):
    """The effect of a fault on the request it meets."""

    REFUSE = auto()
    """Nothing is done; the response is `status`, `code` and `message`."""
    ANSWER = auto()
    """The request is done, but the response is `status`, `code` and `message`."""
    DROP = auto()
    """The request is done (unless `before`); then the connection is cut without a response."""
    HANG = auto()
    """As DROP, but the connection stays open and silent until `release()`."""
    GARBAGE = auto()
    """The request is done; HTTP 200 with a body that is not JSON."""
    NO_TASK_ID = auto()
    """The request is done; HTTP 200 with an envelope whose data has no task id."""
    NO_MEDIA = auto()
    """The request is done; a task that succeeded is shown without its results."""
    TRUNCATED = auto()
    """The request is done; HTTP 200 with the first half of the body, well delimited."""
    CUT = auto()
    """The request is done; the connection is cut after half of the announced body."""
    SLOW = auto()
    """The response is sent `seconds` late."""
    DRIP = auto()
    """The body is sent in twenty pieces over `seconds`."""


@dataclass(eq=False)
class Fault(Holding):
    """One fault: what it matches (method, path pattern, body), what it does and how often."""

    how: How
    method: str = "POST"
    path: str = "/v1/*"
    """A shell pattern over the path, e.g. `/v1/videos/*` or `/results/*`."""
    body: Callable[[dict[str, Any]], bool] | None = None
    """Further condition on the JSON body."""
    times: int | None = 1
    """How many requests it meets; None for every one."""
    chance: float = 1.0
    """The share of matching requests it meets, by the world's seeded random numbers."""
    before: bool = False
    """DROP and HANG: strike before the request is done instead of after."""
    status: int | None = None
    """HTTP status; None for the one that belongs to `code`."""
    code: int = 5000
    message: str = "Internal error"
    seconds: float = 0.0
    """For SLOW and DRIP, on the injected clock."""
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once a request has been met (for HANG after the deed: once it is done)."""

    def matches(self, method: str, path: str, body: dict[str, Any] | None) -> bool:
        """Tell whether this fault matches the request."""
        return (
            self.times != 0
            and self.method in ("*", method)
            and fnmatchcase(path, self.path)
            and (self.body is None or (body is not None and self.body(body)))
        )


class Faults:
    """The faults that are declared; the first that matches a request strikes it."""

    def __init__(self, clock: Clock, seed: int) -> None:
        self._clock = clock
        self._dice = random.Random(seed)  # noqa: S311 - dice of a simulation, not a secret
        self._declared: list[Fault] = []

    def add(self, fault: Fault) -> Fault:
        """Declare a fault and return it, to wait on `arrived` or to `release`."""
        self._declared.append(fault)
        return fault

    def withdraw(self, fault: Fault) -> None:
        """Remove one fault and release whatever hangs in it."""
        fault.release()
        self._declared.remove(fault)

    def clear(self) -> None:
        """Remove all faults and release whatever hangs."""
        for fault in self._declared:
            fault.release()
            fault.times = 0
        self._declared.clear()

    def take(self, method: str, path: str, body: dict[str, Any] | None) -> Fault | None:
        """Return the fault that strikes this request, used up by one."""
        for fault in self._declared:
            if fault.matches(method, path, body) and self._dice.random() < fault.chance:
                if fault.times is not None:
                    fault.times -= 1
                return fault
        return None

    async def strike(
        self, fault: Fault, request: web.Request, handler: Handler, request_id: str
    ) -> web.StreamResponse:
        """Answer `request` as the fault says; `handler` carries out the request."""
        if fault.how is How.REFUSE:
            fault.arrived.set()
            return _said(fault, request_id)
        if fault.before and fault.how in (How.DROP, How.HANG):
            return await self._lose(fault, request, None, handler)
        if fault.how is How.SLOW:
            fault.arrived.set()
            await self._clock.sleep(fault.seconds)
            return await handler(request)
        done = await handler(request)
        if fault.how in (How.DROP, How.HANG):
            return await self._lose(fault, request, done, handler)
        fault.arrived.set()
        return await self._spoil(fault, request, done, request_id)

    async def _lose(
        self, fault: Fault, request: web.Request, done: web.StreamResponse | None, handler: Handler
    ) -> web.StreamResponse:
        fault.arrived.set()
        if fault.how is How.DROP:
            _cut(request)
            return done or _undone()
        await fault.released()
        if fault.lost:
            _cut(request)
            return done or _undone()
        return done or await handler(request)

    async def _spoil(
        self, fault: Fault, request: web.Request, done: web.StreamResponse, request_id: str
    ) -> web.StreamResponse:
        content = done.body if isinstance(done, web.Response) else b""
        whole = content if isinstance(content, bytes) else b""
        kind = done.headers.get(hdrs.CONTENT_TYPE, "application/json")
        headers = {hdrs.CONTENT_TYPE: kind}
        if fault.how is How.ANSWER:
            return _said(fault, request_id)
        if fault.how is How.GARBAGE:
            return web.Response(body=b"<html>\x00\xff busy", headers=headers)
        if fault.how is How.NO_TASK_ID:
            return granted({}, request_id)
        if fault.how is How.NO_MEDIA:
            shown = json.loads(whole)
            shown["data"]["task_result"] = {"files": []}
            return web.json_response(shown)
        if fault.how is How.TRUNCATED:
            return web.Response(body=whole[: len(whole) // 2], headers=headers)
        return await self._piecewise(fault, request, whole, kind)

    async def _piecewise(
        self, fault: Fault, request: web.Request, whole: bytes, kind: str
    ) -> web.StreamResponse:
        response = web.StreamResponse(headers={hdrs.CONTENT_TYPE: kind})
        response.content_length = len(whole)
        await response.prepare(request)
        if fault.how is How.CUT:
            await response.write(whole[: len(whole) // 2])
            _cut(request)
            return response
        step = max(1, -(-len(whole) // DRIPS))
        for start in range(0, len(whole), step):
            await response.write(whole[start : start + step])
            await self._clock.sleep(fault.seconds / DRIPS)
        await response.write_eof()
        return response


def _said(fault: Fault, request_id: str) -> web.Response:
    refusal = Refusal(fault.code, fault.message)
    refusal.status = fault.status or HTTP_STATUS[fault.code]
    return refused(refusal, request_id)


def _undone() -> web.Response:
    """Return what is recorded of a lost request of which nothing was done; it is never sent."""
    return web.Response(status=HTTPStatus.SERVICE_UNAVAILABLE)


def _cut(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.close()
