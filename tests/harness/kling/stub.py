"""A server that answers what a test tells it to, and remembers what it was asked."""

import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from tests.harness.manual_clock import ManualClock

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    headers: Mapping[str, str]
    raw: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.raw)

    @property
    def token(self) -> str:
        return self.headers.get("Authorization", "").removeprefix("Bearer ")


@asynccontextmanager
async def serving(app: web.Application) -> AsyncIterator[str]:
    """Listens on a free port of 127.0.0.1 and gives the base URL."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


class Stub:
    """Gives its `answers` in order; the last one for good."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.asked: list[Asked] = []
        self.base_url = ""

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_route("*", "/{path:.*}", self._serve)
        self._open = serving(app)
        self.base_url = await self._open.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._open.__aexit__(kind, error, trace)

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        self.asked.append(Asked(request.method, request.raw_path, dict(request.headers), raw))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return await answer(request)


def says(content: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """JSON, whole and well."""

    async def answer(_request: web.Request) -> web.StreamResponse:
        return web.json_response(content, status=status, headers=headers)

    return answer


def writes(body: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """Bytes that need not mean anything."""

    async def answer(_request: web.Request) -> web.StreamResponse:
        return web.Response(body=body, status=status, headers=headers)

    return answer


def yes(**data: object) -> Answer:
    """Kling's envelope around `data`."""
    return says({"code": 0, "message": "SUCCEED", "request_id": "r-1", "data": data})


def no(status: int, code: int, message: str) -> Answer:
    """Kling's refusal."""
    return says({"code": code, "message": message, "request_id": "r-1"}, status)


async def hangs_up(request: web.Request) -> web.StreamResponse:
    """The connection is cut before a byte of the answer."""
    assert request.transport is not None
    request.transport.close()
    return web.Response()


async def breaks_off(request: web.Request) -> web.StreamResponse:
    """Half of the announced answer, then the connection is cut."""
    response = web.StreamResponse()
    response.content_length = 100
    await response.prepare(request)
    await response.write(b'{"code":0,')
    assert request.transport is not None
    request.transport.close()
    return response


def dice() -> random.Random:
    return random.Random(7)  # noqa: S311 - jitter of pauses, not a secret


class LeapingClock(ManualClock):
    """Wakes every sleeper at once, with the time advanced; `slept` lists how long each slept."""

    def __init__(self) -> None:
        super().__init__()
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.advance(seconds)
