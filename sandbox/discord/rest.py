"""The REST surface: from a socket to a handler and back, through faults and limits, recorded."""

import asyncio
import hashlib
import json
import socket as sockets
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from sandbox.discord import refusal
from sandbox.discord.faults import Answer, Fault, Faults, Hold, Recorded, Reset, Slow, Throttle
from sandbox.discord.faults import Reply as Bytes
from sandbox.discord.limits import VIA, Meter, refuse
from sandbox.discord.model import Upload
from sandbox.discord.multipart import parse
from sandbox.discord.refusal import Refusal
from sandbox.discord.store import Store

PREFIX = "/api/v10"
MISSHAPEN = (AttributeError, KeyError, TypeError, ValueError)  # a body of the wrong form
INVALID_STATUSES = (401, 403, 429)
RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER on, zero seconds: close sends RST

Call = Recorded
Reply = dict[str, Any] | list[Any] | None


class Created(dict[str, Any]):
    """A reply that says 201: something new is there."""


RequestListener = Callable[[Recorded], None]


@dataclass(frozen=True, slots=True)
class Route:
    """A method and a path template; the handler answers with JSON, or None for 204."""

    method: str
    template: str
    handler: Callable[[Call], Reply]
    needs_token: bool = True


class Rest:
    """Dispatches requests. An unknown path gets 404 and is kept in `unknown_routes`."""

    def __init__(self, store: Store, faults: Faults, meter: Meter, token: str) -> None:
        self.requests: list[Recorded] = []
        self.unknown_routes: list[str] = []
        self.invalid_requests = 0
        self.listeners: list[RequestListener] = []
        self.drop_bytes_above: int | None = None
        self._store = store
        self._faults = faults
        self._meter = meter
        self._authorization = f"Bot {token}"
        self._routes: dict[tuple[str, int], list[tuple[list[str], Route]]] = {}

    def add(self, routes: list[Route]) -> None:
        """Add routes; of two that match, the one added first wins."""
        for route in routes:
            segments = route.template.split("/")
            self._routes.setdefault((route.method, len(segments)), []).append((segments, route))

    @property
    def templates(self) -> list[tuple[str, str]]:
        """Every method and template that is served."""
        return [(r.method, r.template) for known in self._routes.values() for _, r in known]

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer one REST request."""
        raw = await request.read()
        path = request.path.removeprefix(PREFIX)
        route, params = self._match(request.method, path)
        recorded = Recorded(
            method=request.method,
            route=route.template if route else None,
            path=path,
            params=params,
            query=dict(request.query),
            json=None,
            files={},
            surface="rest",
            received_at=self._store.clock.now(),
            content_type=request.headers.get("Content-Type", ""),
        )

        def work() -> Reply:
            if route is None:
                self.unknown_routes.append(f"{request.method} {path}")
                raise Refusal(404, 0, "404: Not Found")
            if route.needs_token and request.headers.get("Authorization") != self._authorization:
                raise Refusal(*refusal.UNAUTHORIZED)
            return route.handler(recorded)

        try:
            body = parse(raw, recorded.content_type)
            recorded.json, recorded.files = body.json, body.files
        except Refusal as refused:
            return self._finish(recorded, refused.status, refused.body, {})
        headers, limited = self._meter.take(request.method, recorded.route or "", params)
        if limited is not None:
            return self._finish(recorded, 429, limited, headers)

        def answer() -> web.Response:
            try:
                reply = work()
            except Refusal as refused:
                return self._finish(recorded, refused.status, refused.body, headers)
            except MISSHAPEN as error:
                status, code, text = refusal.INVALID_FORM_BODY
                body = {"message": text, "code": code, "misshapen": repr(error)}
                return self._finish(recorded, status, body, headers)
            status = 204 if reply is None else 201 if isinstance(reply, Created) else 200
            return self._finish(recorded, status, reply, headers)

        return await self.through_faults(request, recorded, answer)

    async def through_faults(
        self, request: web.Request, recorded: Recorded, answer: Callable[[], web.Response]
    ) -> web.Response:
        """Let the request meet its fault, before or after `answer` did the work."""
        fault = self._faults.find(recorded)
        if fault is None:
            return answer()
        stored = answer() if fault.effect.stored else None
        replaced = await self._strike(request, recorded, fault)
        return replaced or stored or answer()

    async def _strike(
        self, request: web.Request, recorded: Recorded, fault: Fault
    ) -> web.Response | None:
        """Apply the fault; return what to answer instead, if anything."""
        match fault.effect:
            case Hold():
                await fault.released()
                if fault.lost:
                    _reset(request.transport)
                    return self._finish(recorded, 0, None, {})
            case Slow(seconds=seconds):
                await self._store.clock.sleep(seconds)
            case Answer(status=status, code=code, message=message):
                return self._finish(recorded, status, {"message": message, "code": code}, {})
            case Bytes(status=status, body=raw, content_type=content_type):
                self._finish(recorded, status, None, {})
                headers = VIA | {"Content-Type": content_type}
                return web.Response(status=status, body=raw or None, headers=headers)
            case Throttle(retry_after_s=retry_after_s, scope=scope, via=via):
                headers, body = refuse(retry_after_s, scope)
                return self._finish(recorded, 429, body, headers, via=via)
            case Reset():
                _reset(request.transport)
                return self._finish(recorded, 0, None, {})
        return None

    def _match(self, method: str, path: str) -> tuple[Route | None, dict[str, str]]:
        segments = path.split("/")
        for template, route in self._routes.get((method, len(segments)), ()):
            params = {}
            for want, have in zip(template, segments, strict=True):
                if want.startswith("{"):
                    params[want[1:-1]] = have
                elif want != have:
                    break
            else:
                return route, params
        return None, {}

    def _finish(
        self,
        recorded: Recorded,
        status: int,
        reply: Reply,
        headers: dict[str, str],
        *,
        via: bool = True,
    ) -> web.Response:
        """Record the outcome and build the response, exactly as typed as Discord's."""
        if recorded.status is None:
            self.requests.append(recorded)
        recorded.status = status
        recorded.reply = reply
        limit = self.drop_bytes_above
        if limit is not None:
            for number, file in recorded.files.items():
                if len(file.data) > limit:
                    digest = hashlib.sha256(file.data).hexdigest().encode()
                    recorded.files[number] = Upload(digest, file.filename, "text/x-sha256")
        shared = headers.get("X-RateLimit-Scope") == "shared"
        self.invalid_requests += status in INVALID_STATUSES and not shared
        for listener in self.listeners:
            listener(recorded)
        self._store.changed()
        all_headers = headers | VIA if via else headers
        if reply is None:
            return web.Response(status=status or 204, headers=all_headers)
        body = json.dumps(reply).encode()
        return web.Response(
            status=status, body=body, headers=all_headers, content_type="application/json"
        )


def _reset(transport: asyncio.BaseTransport | None) -> None:
    """Make the peer see a connection reset instead of an orderly end."""
    if isinstance(transport, asyncio.Transport):
        raw = transport.get_extra_info("socket")
        raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_LINGER, RESET_ON_CLOSE)
        transport.abort()
