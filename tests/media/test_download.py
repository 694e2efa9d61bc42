"""Laws of downloading, against a real server on the loopback address."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import web
from blockbuster import blockbuster_ctx

from bot.errors import DownloadFailed, DownloadGone, UrlRefused
from bot.media.download import REDIRECTS_MAX, Downloader
from tests.media.fake_names import FakeNames

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


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    server = Server()
    app = web.Application()
    app.router.add_get("/{path:.*}", server.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.port = runner.addresses[0][1]
    yield server
    server.released.set()
    await runner.cleanup()


@pytest.fixture
async def downloader() -> AsyncIterator[Downloader]:
    async with Downloader(frozenset({"127.0.0.1"})) as downloader:
        yield downloader


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
    """No credentials and no cookies, not even those that the server set before."""

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


async def test_redirects_are_followed_a_few_times(server: Server, downloader: Downloader) -> None:
    """Three redirects lead to the file, a fourth does not."""

    def chain(length: int) -> Handler:
        async def answer(request: web.Request) -> web.Response:
            step = int(request.query.get("step", "0"))
            if step == length:
                return web.Response(body=b"file")
            return web.Response(status=302, headers={"Location": f"/b?step={step + 1}"})

        return answer

    server.answer = chain(REDIRECTS_MAX)
    assert await downloader.fetch_bytes(server.url, MIB, 10) == b"file"
    server.answer = chain(REDIRECTS_MAX + 1)
    assert (await failure(downloader.fetch_bytes(server.url, MIB, 10))).reason == "redirects"


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("http://169.254.169.254/latest/meta-data/", "private"),
        ("http://[::1]/", "private"),
        ("//10.0.0.1/", "private"),
        ("http://127.0.0.1:1/", "port"),
        ("http://2130706433/", "host"),
        ("file:///etc/passwd", "scheme"),
        ("http://user@127.0.0.1/", "userinfo"),
        ("http://internal.test/", "private"),
    ],
)
async def test_a_redirect_is_checked_like_an_address(
    server: Server, location: str, reason: str
) -> None:
    """A server that is fine cannot send us to one that is not."""
    server.answer = answering(status=302, Location=location)
    names = FakeNames(["127.0.0.1"])
    hosts = frozenset({f"cdn.test:{server.port}"})
    async with Downloader(hosts, names=names) as downloader:
        with pytest.raises(UrlRefused) as refusal:
            await downloader.fetch_bytes(f"http://cdn.test:{server.port}/", MIB, 10)
    assert refusal.value.reason == reason
    assert len(server.asked) == 1


async def test_a_name_that_changes_its_mind_gains_nothing(server: Server) -> None:
    """The address is checked where it is used: public when asked first, private when connecting."""
    server.answer = answering(b"internal")
    names = FakeNames(["93.184.216.34"], ["127.0.0.1"])
    await names.resolve("rebind.test")
    async with Downloader(names=names) as downloader:
        with pytest.raises(UrlRefused) as refusal:
            await downloader.fetch_bytes("http://rebind.test/", MIB, 10)
    assert refusal.value.reason == "private"
    assert server.asked == []


async def test_every_connection_asks_for_the_name_again(server: Server) -> None:
    """No answer about a name outlives its connection, so a later one is checked as well."""
    server.answer = answering(b"file", Connection="close")
    names = FakeNames(["127.0.0.1"])
    host = f"cdn.test:{server.port}"
    async with Downloader(frozenset({host}), names=names) as downloader:
        for _ in range(2):
            assert await downloader.fetch_bytes(f"http://{host}/", MIB, 10) == b"file"
    assert names.asked == ["cdn.test", "cdn.test"]


async def test_a_name_without_address_is_a_failure() -> None:
    """DNS trouble passes, so it may be tried again."""
    async with Downloader(names=FakeNames([])) as downloader:
        error = await failure(downloader.fetch_bytes(f"http://cdn.test/a.mp4?{SECRET}", MIB, 10))
    assert error.reason == "connection"


async def test_a_private_address_is_never_connected_to(server: Server) -> None:
    """Without an exemption, the loopback server hears nothing."""
    async with Downloader() as downloader:
        for url in (server.url, "http://127.0.0.1/", "http://localhost/"):
            with pytest.raises(UrlRefused):
                await downloader.fetch_bytes(url, MIB, 10)
    assert server.asked == []


async def test_a_folder_that_is_not_there_is_a_failure(
    server: Server, downloader: Downloader, tmp_path: Path
) -> None:
    """A disk that cannot be written is told apart from the network."""
    server.answer = answering(b"file")
    error = await failure(downloader.fetch_to(server.url, tmp_path / "missing", MIB, 10))
    assert error.reason == "disk"


async def test_a_cancelled_download_leaves_no_file(
    server: Server, downloader: Downloader, tmp_path: Path
) -> None:
    """Whoever gives up finds the folder as it was."""
    begun = asyncio.Event()

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(bytes(MIB))
        begun.set()
        await server.released.wait()
        return response

    server.answer = answer
    task = asyncio.create_task(downloader.fetch_to(server.url, tmp_path, 100 * MIB, 60))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert is_empty(tmp_path)


async def test_the_loop_is_not_blocked(server: Server, tmp_path: Path) -> None:
    """Files are written beside the event loop, not on it."""
    server.answer = answering(bytes(2 * MIB))
    with blockbuster_ctx():
        async with Downloader(frozenset({"127.0.0.1"})) as downloader:
            path = await downloader.fetch_to(server.url, tmp_path, 2 * MIB, 10)
    assert path.stat().st_size == 2 * MIB
