"""A server for downloads to go wrong at."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import web

from bot.errors import DownloadFailed

MIB = 1024 * 1024
SECRET = "hm=0123456789abcdef"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Server:
    """A server on a free port that answers as a test tells it, and remembers what it was asked."""

    port: int = 0
    asked: list[web.Request] = field(default_factory=list)
    answer: Handler | None = None
    released: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/a.mp4?{SECRET}"

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request)
        assert self.answer is not None
        return await self.answer(request)


def answering(body: bytes = b"", status: int = 200, **headers: str) -> Handler:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(
            body=body,
            status=status,
            headers={name.replace("_", "-"): value for name, value in headers.items()},
        )

    return answer


def is_empty(folder: Path) -> bool:
    return not any(folder.iterdir())


async def raw_server(reply: bytes) -> asyncio.Server:
    """Says exactly `reply`, whatever HTTP thinks of it, and hangs up."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(reply)
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    return await asyncio.start_server(serve, "127.0.0.1", 0)


async def failure(attempt: Awaitable[object]) -> DownloadFailed:
    """The failure, which must hold the host and nothing else of the address, however deep."""
    with pytest.raises(DownloadFailed) as caught:
        await attempt
    error: BaseException | None = caught.value
    assert caught.value.host in {"127.0.0.1", "cdn.test"}
    while error is not None:
        assert SECRET not in repr(error)
        assert "a.mp4" not in str(error)
        error = error.__cause__ or error.__context__
    return caught.value
