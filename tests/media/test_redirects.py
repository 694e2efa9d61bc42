"""Where a download may be led, and what it leaves behind."""

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest
from aiohttp import web
from blockbuster import blockbuster_ctx
from hypothesis import example, given
from hypothesis import strategies as st
from yarl import URL

from bot.errors import DownloadFailed, UrlRefused
from bot.media.download import REDIRECTS_MAX, Downloader, _location
from bot.media.guard import parse_url
from tests.harness.loop_guard import guarding_the_loop
from tests.harness.media.fake_names import FakeNames
from tests.harness.media.serving import MIB, SECRET, Handler, Server, answering, failure, is_empty


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


@given(
    st.text(max_size=40)
    | st.lists(
        st.sampled_from(
            ["http:", "//", "[::1]", "@", ":", "/", "?", "#", "..", "%", "a", "\\", "]"]
        ),
        max_size=6,
    ).map("".join)
)
@example("https://[::1]@")
@example("//[::1]@/")
def test_any_redirect_leads_somewhere_or_fails(location: str) -> None:
    """Whatever a server writes as its `Location`, it is an address to be checked, or a failure."""
    with suppress(DownloadFailed):
        led = _location(URL("http://cdn.test/a/b?c"), location)
        with suppress(UrlRefused):
            assert parse_url(led).scheme in {"http", "https"}


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
    """After a failed download the folder is as before."""
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
    with blockbuster_ctx(), guarding_the_loop() as guard:
        async with Downloader(frozenset({"127.0.0.1"})) as downloader:
            path = await downloader.fetch_to(server.url, tmp_path, 2 * MIB, 10)
    assert guard.seen == []
    assert path.stat().st_size == 2 * MIB
