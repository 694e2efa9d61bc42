"""Laws of downloading, against a real server on the loopback address."""

import asyncio
from pathlib import Path

import pytest
from aiohttp import web

from bot.errors import DownloadGone
from bot.media.download import Downloader
from tests.harness.media.serving import (
    MIB,
    SECRET,
    Server,
    answering,
    failure,
    is_empty,
    raw_server,
)


async def test_a_file_arrives_whole(server: Server, downloader: Downloader, tmp_path: Path) -> None:
    """Both ways of fetching give the bytes that were sent, to the limit exactly."""
    body = bytes(range(256)) * 8192
    server.answer = answering(body)
    assert await downloader.fetch_bytes(server.url, len(body), 10) == body
    path = await downloader.fetch_to(server.url, tmp_path, len(body), 10)
    assert path.parent == tmp_path
    assert path.read_bytes() == body


async def test_a_body_without_length_arrives_whole(server: Server, downloader: Downloader) -> None:
    """A chunked answer names no length and is counted all the same."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        response.enable_chunked_encoding()
        await response.prepare(request)
        for _ in range(10):
            await response.write(b"x" * 1000)
        return response

    server.answer = answer
    assert await downloader.fetch_bytes(server.url, 10_000, 10) == b"x" * 10_000
    assert (await failure(downloader.fetch_bytes(server.url, 9_999, 10))).reason == "too_large"


async def test_nothing_about_us_is_sent(server: Server) -> None:
    """No credentials and no cookies, not even those set by the server before."""

    async def answer(_: web.Request) -> web.Response:
        response = web.Response(body=b"x")
        response.set_cookie("session", "value")
        return response

    server.answer = answer
    async with Downloader(frozenset({"localhost"})) as downloader:
        for _ in range(2):
            await downloader.fetch_bytes(f"http://localhost:{server.port}/", 10, 10)
    for request in server.asked:
        assert set(request.headers) == {"Host", "User-Agent", "Accept", "Accept-Encoding"}


@pytest.mark.parametrize("status", [403, 404, 410])
async def test_a_dead_address_is_gone(server: Server, downloader: Downloader, status: int) -> None:
    """403, 404 and 410 mean that a fresh address is needed."""
    server.answer = answering(b"no", status)
    error = await failure(downloader.fetch_bytes(server.url, MIB, 10))
    assert isinstance(error, DownloadGone)
    assert error.status == status


@pytest.mark.parametrize("status", [204, 206, 304, 400, 429, 500, 503])
async def test_other_answers_are_failures(
    server: Server, downloader: Downloader, tmp_path: Path, status: int
) -> None:
    """Anything but 200 is no file, may be tried again, and leaves nothing on disk."""
    server.answer = answering(b"" if status in {204, 304} else b"no", status)
    error = await failure(downloader.fetch_to(server.url, tmp_path, MIB, 10))
    assert not isinstance(error, DownloadGone)
    assert error.reason == f"HTTP {status}"
    assert is_empty(tmp_path)


async def test_a_large_file_is_refused_by_its_header(
    server: Server, downloader: Downloader
) -> None:
    """A length over the limit ends it before a byte of it is read."""
    server.answer = answering(b"x" * 1001)
    assert (await failure(downloader.fetch_bytes(server.url, 1000, 10))).reason == "too_large"


async def test_an_endless_body_ends_at_the_limit(
    server: Server, downloader: Downloader, tmp_path: Path
) -> None:
    """Bytes are counted as they come; of a body without end no file is left."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(bytes(MIB))

    server.answer = answer
    error = await failure(downloader.fetch_to(server.url, tmp_path, 3 * MIB, 10))
    assert error.reason == "too_large"
    assert is_empty(tmp_path)


@pytest.mark.parametrize("after_head", [False, True])
async def test_a_server_that_holds_runs_into_the_timeout(
    server: Server, downloader: Downloader, *, after_head: bool
) -> None:
    """The whole download has one deadline, before and after the answer began."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        if after_head:
            await response.prepare(request)
            await response.write(b"x")
        await server.released.wait()
        return response

    server.answer = answer
    assert (await failure(downloader.fetch_bytes(server.url, MIB, 0.1))).reason == "timeout"


async def test_a_drip_is_not_progress(server: Server) -> None:
    """Bytes that come too slowly end the download long before its deadline."""
    more = asyncio.Event()

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while not server.released.is_set():
            await response.write(b"x")
            more.set()
            await asyncio.sleep(0)
        return response

    server.answer = answer
    async with Downloader(frozenset({"127.0.0.1"}), progress_window_s=0.02) as downloader:
        error = await failure(downloader.fetch_bytes(server.url, 100 * MIB, 60))
    assert error.reason == "timeout"
    assert more.is_set()


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort", "truncated"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n", "truncated"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "empty"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx", "encoded"),
        (b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n", "redirects"),
        (b"HTTP/1.1 302 Found\r\nLocation: http://[::1\r\nContent-Length: 0\r\n\r\n", "redirects"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n", "connection"),
        (b"SSH-2.0-hello\r\n", "connection"),
        (b"", "connection"),
    ],
)
async def test_a_broken_answer_is_a_failure(
    downloader: Downloader, tmp_path: Path, reply: bytes, reason: str
) -> None:
    """Less than was promised, or no HTTP at all, is never taken for a file."""
    async with await raw_server(reply) as broken:
        port = broken.sockets[0].getsockname()[1]
        url = f"http://127.0.0.1:{port}/a.mp4?{SECRET}"
        error = await failure(downloader.fetch_to(url, tmp_path, MIB, 10))
    assert error.reason == reason
    assert is_empty(tmp_path)


async def test_nobody_listening_is_a_failure(downloader: Downloader) -> None:
    """A refused connection may be tried again."""
    async with await raw_server(b"") as closed:
        port = closed.sockets[0].getsockname()[1]
    error = await failure(downloader.fetch_bytes(f"http://127.0.0.1:{port}/?{SECRET}", MIB, 10))
    assert error.reason == "connection"
