"""The bot's own pages over real sockets: health, callbacks, and everything else behind a token."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from aiohttp import ClientSession, web

from bot.errors import SettingsInvalid
from bot.settings.addresses import Address
from bot.web.pages import CALLBACKS_AT_ONCE_MAX, Health, make_pages
from bot.web.server import listen

ANY_PORT = Address("127.0.0.1", 0)
WELL = Health(discord=True, database=True, jobs={"running": 2})
KEY = "k" * 32
TOKEN = "s3cret-token"


@dataclass
class Bot:
    """What stands behind the pages."""

    health: Health = WELL
    keys: list[str] = field(default_factory=list)

    async def healthy(self) -> Health:
        return self.health

    async def on_callback(self, key: str) -> None:
        self.keys.append(key)


async def one_more_page(_request: web.Request) -> web.Response:
    return web.Response(text="members only")


@asynccontextmanager
async def serving(
    healthy: Callable[[], Awaitable[Health]],
    on_callback: Callable[[str], Awaitable[None]],
    *,
    token: str = "",
) -> AsyncIterator[tuple[ClientSession, Address]]:
    app = make_pages(healthy=healthy, on_callback=on_callback, api_token=token)
    app.router.add_get("/jobs", one_more_page)
    async with (
        listen(app, ANY_PORT, key="web.listen", idle_s=30) as address,
        ClientSession(f"http://{address}") as session,
    ):
        yield session, address


async def test_health_says_how_everything_is() -> None:
    """200 with the facts while all is well; no token is asked for."""
    bot = Bot()
    async with (
        serving(bot.healthy, bot.on_callback, token=TOKEN) as (session, _),
        session.get("/healthz") as answer,
    ):
        assert answer.status == 200
        assert await answer.json() == {
            "ok": True,
            "discord": "connected",
            "database": "ok",
            "jobs": {"running": 2},
        }


@pytest.mark.parametrize(
    "health", [Health(discord=False, database=True), Health(discord=True, database=False)]
)
async def test_health_is_503_when_something_is_missing(health: Health) -> None:
    """Without Discord or without the database the bot is not well."""
    bot = Bot(health)
    async with (
        serving(bot.healthy, bot.on_callback) as (session, _),
        session.get("/healthz") as answer,
    ):
        assert answer.status == 503
        assert (await answer.json())["ok"] is False


async def test_health_that_cannot_be_told_is_503_without_a_word_why() -> None:
    """An error in the check is not shown to the caller."""

    async def broken() -> Health:
        raise OSError("hunter22")

    async with (
        serving(broken, Bot().on_callback) as (session, _),
        session.get("/healthz") as answer,
    ):
        assert answer.status == 503
        assert "hunter22" not in await answer.text()


@pytest.mark.parametrize("body", [b"", b"{}", b'{"task_id": "1"}', b"\xff" * 100, b"x" * 300_000])
async def test_a_callback_is_a_hint_and_nothing_more(body: bytes) -> None:
    """Whatever the body is, the key alone wakes the poller, and the answer is empty."""
    bot = Bot()
    async with (
        serving(bot.healthy, bot.on_callback, token=TOKEN) as (session, _),
        session.post(f"/callback/{KEY}", data=body) as answer,
    ):
        assert (answer.status, await answer.read()) == (200, b"")
    assert bot.keys == [KEY]


async def test_a_callback_that_fails_answers_the_same() -> None:
    """The answer does not reveal which keys exist."""

    async def broken(_key: str) -> None:
        raise LookupError(KEY)

    async with (
        serving(Bot().healthy, broken) as (session, _),
        session.post(f"/callback/{KEY}") as answer,
    ):
        assert (answer.status, await answer.read()) == (200, b"")


@pytest.mark.parametrize("key", ["", "short", "k" * 65, "k" * 20 + "%2e%2e", "k" * 20 + "/more"])
async def test_what_is_no_key_is_not_found(key: str) -> None:
    """Only what has the shape of a key is handed on."""
    bot = Bot()
    async with (
        serving(bot.healthy, bot.on_callback) as (session, _),
        session.post(f"/callback/{key}") as answer,
    ):
        assert answer.status == 404
    assert bot.keys == []


async def test_a_flood_of_callbacks_does_not_reach_the_database() -> None:
    """This many at once are followed; the others get the same answer and are dropped."""
    followed = 0
    full, may_end = asyncio.Event(), asyncio.Event()

    async def slow(_key: str) -> None:
        nonlocal followed
        followed += 1
        if followed == CALLBACKS_AT_ONCE_MAX:
            full.set()
        await may_end.wait()

    async with serving(Bot().healthy, slow) as (session, _):

        async def call() -> int:
            async with session.post(f"/callback/{KEY}") as answer:
                return answer.status

        held = [asyncio.create_task(call()) for _ in range(CALLBACKS_AT_ONCE_MAX)]
        await full.wait()
        assert await call() == 200
        assert followed == CALLBACKS_AT_ONCE_MAX
        may_end.set()
        assert await asyncio.gather(*held) == [200] * CALLBACKS_AT_ONCE_MAX
        assert await call() == 200
        assert followed == CALLBACKS_AT_ONCE_MAX + 1


@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        (None, 404),
        ("", 404),
        ("Bearer wrong", 404),
        (f"Bearer {TOKEN}x", 404),
        (f"Basic {TOKEN}", 404),
        (TOKEN, 404),
        ("Bearer schl\udcc3\udcbcssel", 404),
        (f"Bearer {TOKEN}", 200),
    ],
)
async def test_everything_else_asks_for_the_token(authorization: str | None, status: int) -> None:
    """Without the token a page that exists looks like one that does not."""
    headers = {} if authorization is None else {"Authorization": authorization}
    bot = Bot()
    async with serving(bot.healthy, bot.on_callback, token=TOKEN) as (session, _):
        async with session.get("/jobs", headers=headers) as answer:
            assert answer.status == status
            told = await answer.text()
        if status == 404:
            async with session.get("/nothing", headers=headers) as answer:
                assert (answer.status, await answer.text()) == (404, told)
            async with session.post("/healthz", headers=headers) as answer:
                assert answer.status == 404


async def test_on_loopback_no_token_may_be_asked_for() -> None:
    """The settings allow an empty token on loopback; then pages are open."""
    bot = Bot()
    async with (
        serving(bot.healthy, bot.on_callback) as (session, _),
        session.get("/jobs") as answer,
    ):
        assert answer.status == 200


@pytest.mark.parametrize("sent", [b"", b"GET /healthz HT", b"GET /healthz HTTP/1.1\r\nX-A: "])
async def test_a_connection_that_never_asks_is_closed(sent: bytes) -> None:
    """Trickling a request head holds a connection only so long."""
    app = make_pages(healthy=Bot().healthy, on_callback=Bot().on_callback, api_token="")
    async with listen(app, ANY_PORT, key="web.listen", idle_s=0.05) as address:
        reader, writer = await asyncio.open_connection(address.host, address.port)
        writer.write(sent)
        assert await reader.read() == b""
        writer.close()
        await writer.wait_closed()


async def test_endless_headers_are_refused() -> None:
    """A head beyond the limits is answered with 400 and not kept in memory."""
    app = make_pages(healthy=Bot().healthy, on_callback=Bot().on_callback, api_token="")
    async with listen(app, ANY_PORT, key="web.listen") as address:
        reader, writer = await asyncio.open_connection(address.host, address.port)
        writer.write(b"GET /healthz HTTP/1.1\r\n" + b"".join(b"A%d: b\r\n" % n for n in range(200)))
        assert b" 400 " in await reader.readline()
        writer.close()
        await writer.wait_closed()


async def test_an_address_in_use_is_a_problem_of_the_settings() -> None:
    """The setting is named, so that the operator knows which of the two to change."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = Address("127.0.0.1", taken.getsockname()[1])
        with pytest.raises(SettingsInvalid, match=rf"^gateway\.listen: {address} is in use"):
            async with listen(web.Application(), address, key="gateway.listen"):
                pass


async def test_an_address_of_somebody_else_is_a_problem_of_the_settings() -> None:
    """An address this machine does not have cannot be listened on."""
    with pytest.raises(SettingsInvalid, match=r"^web\.listen: 192\.0\.2\.1:1 is not an address"):
        async with listen(web.Application(), Address("192.0.2.1", 1), key="web.listen"):
            pass


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "10.0.0.1"])
async def test_on_loopback_a_page_must_be_asked_for_by_this_machines_name(host: str) -> None:
    """A web page that points its name at this machine reads nothing; Kling calls by any name."""
    bot, headers = Bot(), {"Host": host}
    async with serving(bot.healthy, bot.on_callback) as (session, _):
        async with session.get("/jobs", headers=headers) as answer:
            assert answer.status == 404
        async with session.get("/healthz", headers=headers) as answer:
            assert answer.status == 200
        async with session.post(f"/callback/{KEY}", headers=headers) as answer:
            assert answer.status == 200
    assert bot.keys == [KEY]
