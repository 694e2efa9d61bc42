"""Everything to Discord and to Kling through a real HTTP proxy, with and without a password."""

import asyncio
import base64
import contextlib
import logging
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from aiohttp import connector

from bot.errors import DownloadFailed, KlingUnreachable, UrlRefused
from bot.kling.transport import Transport
from bot.media.download import Downloader
from bot.network import Proxy
from tests.harness.media.fake_names import FakeNames
from tests.harness.opening import open_town
from tests.harness.shell import bot
from tests.harness.tinyproxy import Tinyproxy, find_tinyproxy, proxying
from tests.harness.tls_front import Front, fronting, make_certificate
from tests.harness.town import Town, png

LOGINS = [("", ""), ("member", "k8xwv-letmein")]
AS_A_PROCESS = ("/usr/bin/env",)
"""Started and not forked: `SSL_CERT_FILE` is read when aiohttp is imported."""
MISSING = "{} is not installed (Debian: apt install {})"


@pytest.fixture(params=LOGINS, ids=["open", "password"])
def proxy(request: pytest.FixtureRequest) -> Iterator[Tinyproxy]:
    program = find_tinyproxy()
    if program is None:
        pytest.skip(MISSING.format("tinyproxy", "tinyproxy"))
    with proxying(program, *request.param) as running:
        yield running


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("openssl") is None:
        pytest.skip(MISSING.format("openssl", "openssl"))
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
async def fronts(
    tmp_path: Path, certificate: Path, proxy: Tinyproxy
) -> AsyncIterator[tuple[Town, Front, Front]]:
    """A town whose Discord and Kling speak HTTPS, and the bot that is told of the proxy."""
    connector._SSL_CONTEXT_VERIFIED.load_verify_locations(certificate)
    async with contextlib.AsyncExitStack() as stack:
        town = await stack.enter_async_context(open_town(tmp_path))
        discord, kling = town.discord, town.kling
        assert discord.port is not None
        front = await stack.enter_async_context(fronting(discord.port, certificate))
        kling_port = int(kling.base_url.rpartition(":")[2])
        kling_front = await stack.enter_async_context(fronting(kling_port, certificate))
        discord.files.base_url = f"https://{front.netloc}"
        discord.gateway.url = discord.application.gateway_url = f"wss://{front.netloc}/gateway"
        kling._links.base_url = f"https://{kling_front.netloc}"
        town.env |= {
            "KLINGBOT_DISCORD__API_URL": discord.api_url.replace(
                discord.url, f"https://{front.netloc}"
            ),
            "KLINGBOT_DISCORD__GATEWAY_URL": f"wss://{front.netloc}/gateway",
            "KLINGBOT_KLING__BASE_URL": f"https://{kling_front.netloc}",
            "KLINGBOT_MEDIA__PRIVATE_HOSTS": f'["{front.netloc}", "{kling_front.netloc}"]',
            "KLINGBOT_DISCORD__PROXY": proxy.url,
            "KLINGBOT_KLING__PROXY": proxy.url,
        }
        yield town, front, kling_front


@pytest.mark.sweep
async def test_a_job_goes_through_the_proxies(
    fronts: tuple[Town, Front, Front], proxy: Tinyproxy, caplog: pytest.LogCaptureFixture
) -> None:
    """Commands, gateway, attachment, order and result: every connection is one of the proxy's."""
    caplog.set_level(logging.DEBUG)
    town, discord, kling = fronts
    async with town.bot():
        await town.ask("image", prompt="a lighthouse", image=png(), model="kling-v2")
        [post] = await town.posted()
        await town.settled()
    assert post.attachments[0].data
    tunnels = [line.split()[1] for line in proxy.asked() if line.startswith("CONNECT ")]
    for front in (discord, kling):
        assert front.connections >= 2
        assert tunnels.count(front.netloc) == front.connections
    if proxy.password:
        assert proxy.password not in caplog.text


@pytest.mark.sweep
async def test_the_doctor_goes_through_the_proxies(
    fronts: tuple[Town, Front, Front], proxy: Tinyproxy, certificate: Path, tmp_path: Path
) -> None:
    """It reaches both, trusts `SSL_CERT_FILE`, names the proxies, and shows no password."""
    town, discord, kling = fronts
    env = {**town.env, "SSL_CERT_FILE": str(certificate)}
    ended = await bot("doctor", cwd=tmp_path, env=env, within=AS_A_PROCESS)
    assert "Discord token: belongs to" in ended.out
    assert f"Kling at https://{kling.netloc}: reachable" in ended.out
    assert f"discord.proxy: http://127.0.0.1:{proxy.port}" in ended.out
    assert not proxy.password or proxy.password not in ended.out + ended.err
    tunnels = [line.split()[1] for line in proxy.asked()]
    assert tunnels.count(discord.netloc) == discord.connections
    distrusting = await bot("doctor", cwd=tmp_path, env=town.env, within=AS_A_PROCESS)
    assert "the connection is not trusted" in distrusting.out


@pytest.mark.sweep
@pytest.mark.parametrize("login", ["", "member:wrong@"])
async def test_a_proxy_that_does_not_know_us_is_named(
    tmp_path: Path, certificate: Path, login: str
) -> None:
    """Nothing was sent to Kling, so the order may go again; and the doctor says it is the proxy."""
    program = find_tinyproxy()
    if program is None:
        pytest.skip(MISSING.format("tinyproxy", "tinyproxy"))
    with proxying(program, *LOGINS[1]) as proxy:
        url = f"http://{login}127.0.0.1:{proxy.port}"
        async with Transport("https://localhost:1", proxy=Proxy.of(url)) as transport:
            with pytest.raises(KlingUnreachable) as failure:
                await transport.send("POST", "/v1/images/generations", token="t", body=b"{}")
        assert failure.value.reason == "proxy_login"
        env = {
            "KLINGBOT_DISCORD__TOKEN": "a-token",
            "KLINGBOT_DISCORD__API_URL": "https://localhost:1/api/v10",
            "KLINGBOT_DISCORD__PROXY": url,
        }
        ended = await bot("doctor", cwd=tmp_path, env=env)
        assert "the proxy asks for a user and a password, or refuses those" in ended.out
    async with Transport("https://localhost:1", proxy=Proxy.of(url)) as transport:
        with pytest.raises(KlingUnreachable) as failure:
            await transport.send("POST", "/v1/images/generations", token="t", body=b"{}")
    assert failure.value.reason == "proxy"


@pytest.mark.sweep
@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("https://169.254.169.254/latest/meta-data/", "private"),
        ("https://intranet.test/", "private"),
        ("http://127.0.0.1:8080/", "port"),
    ],
)
async def test_a_proxy_is_not_sent_where_we_would_not_go(
    proxy: Tinyproxy, url: str, reason: str
) -> None:
    """A name is resolved here first, and one of the proxy's own network is refused."""
    names = FakeNames(["10.1.2.3"])
    async with Downloader(names=names, proxy=Proxy.of(proxy.url)) as downloader:
        with pytest.raises(UrlRefused) as refused:
            await downloader.fetch_bytes(url, 1000, 10.0)
    assert refused.value.reason == reason
    assert proxy.asked() == []


async def test_a_name_that_only_the_proxy_knows_is_not_asked_for(proxy: Tinyproxy) -> None:
    """It could be one of its own network."""
    async with Downloader(names=FakeNames([]), proxy=Proxy.of(proxy.url)) as downloader:
        with pytest.raises(DownloadFailed, match="dns"):
            await downloader.fetch_bytes("https://wiki.test/", 1000, 10.0)
    assert proxy.asked() == []


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("", ""),
        ("http://proxy.lan:3128", "http://proxy.lan:3128"),
        ("http://proxy.lan/", "http://proxy.lan:80"),
        ("http://me:k8xwv@[::1]:1", "http://[::1]:1"),
    ],
)
def test_what_is_shown_of_a_proxy_is_its_place(url: str, shown: str) -> None:
    """Not its user, and not its password."""
    proxy = Proxy.of(url)
    assert proxy.shown == shown
    assert "k8xwv" not in repr(proxy)


@pytest.mark.sweep
@pytest.mark.parametrize("login", ["me", "me:p@ss", "me:ö€:/"])
async def test_every_password_is_sent_as_utf_8(login: str) -> None:
    """As browsers and curl send it."""
    heard: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        user, colon, password = login.partition(":")
        proxy = Proxy.of(f"http://{user}{colon}{quote(password, safe='')}@127.0.0.1:{port}")
        async with Transport("http://kling.test", proxy=proxy) as transport:
            await transport.send("GET", "/v1/x", token=None)
    [request] = heard
    assert request.startswith(b"GET http://kling.test/v1/x HTTP/1.1")
    sent = base64.b64encode((login if colon else f"{login}:").encode())
    assert b"\r\nProxy-Authorization: Basic " + sent + b"\r\n" in request
