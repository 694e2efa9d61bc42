"""`/readyz` and `/metrics` over real sockets."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import pytest
from aiohttp import ClientSession

from bot.settings.addresses import Address
from bot.web.pages import make_pages
from bot.web.server import listen
from bot.web.watch_pages import Text, add_watch_pages
from tests.web.test_pages import ANY_PORT, TOKEN, Bot

ALL_WELL = {"gateway": True, "database": True, "loop": True, "kling": True}
LARGE = b"x" * 64_000_000
"""More than any socket buffers."""


async def small() -> bytes:
    return b"kling_discord_paused 0.0\n"


@asynccontextmanager
async def serving(
    parts: Mapping[str, bool] = ALL_WELL, text: Text | None = small, token: str = ""
) -> AsyncIterator[tuple[ClientSession, Address]]:
    async def ready() -> Mapping[str, bool]:
        return parts

    bot = Bot()
    app = make_pages(healthy=bot.healthy, on_callback=bot.on_callback, api_token=token)
    add_watch_pages(app, ready, text)
    async with (
        listen(app, ANY_PORT, key="web.listen", idle_s=30) as address,
        ClientSession(f"http://{address}") as session,
    ):
        yield session, address


async def test_a_bot_that_is_ready_says_so() -> None:
    """200 while every part works."""
    async with serving() as (session, _), session.get("/readyz") as answer:
        assert (answer.status, await answer.json()) == (200, {"ready": True, "not_ready": []})


@pytest.mark.parametrize(
    "missing", [["gateway"], ["database"], ["loop"], ["kling"], ["gateway", "kling"]]
)
async def test_what_is_not_ready_is_named(missing: list[str]) -> None:
    """503 with the names of exactly the parts that do not work."""
    parts = {part: part not in missing for part in ALL_WELL}
    async with serving(parts) as (session, _), session.get("/readyz") as answer:
        assert answer.status == 503
        assert await answer.json() == {"ready": False, "not_ready": missing}


async def test_metrics_are_text_for_prometheus() -> None:
    """The whole text, with the type that Prometheus expects."""
    async with serving() as (session, _), session.get("/metrics") as answer:
        assert (answer.status, await answer.read()) == (200, await small())
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")


async def test_metrics_can_be_switched_off() -> None:
    """Without them there is no such page."""
    async with serving(text=None) as (session, _), session.get("/metrics") as answer:
        assert answer.status == 404


@pytest.mark.parametrize("page", ["/readyz", "/metrics"])
async def test_both_ask_for_the_token(page: str) -> None:
    """Behind a token they do not exist for others: they tell about the account."""
    async with serving(token=TOKEN) as (session, _):
        async with session.get(page) as answer:
            assert answer.status == 404
        async with session.get(page, headers={"Authorization": f"Bearer {TOKEN}"}) as answer:
            assert answer.status == 200


async def test_many_scrapers_cost_one_look() -> None:
    """However often someone asks, the database is read once in a while."""
    looks = 0

    async def counted() -> bytes:
        nonlocal looks
        looks += 1
        return b"x 1\n"

    async with serving(text=counted) as (session, _):
        asked = [session.get("/metrics") for _ in range(50)]
        for answer in await asyncio.gather(*asked):
            assert await answer.read() == b"x 1\n"
    assert looks == 1


async def test_a_scraper_that_never_reads_holds_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is cut off before it got everything, and others are served all the while."""
    monkeypatch.setattr("bot.web.watch_pages.READ_WITHIN_S", 0.2)

    async def large() -> bytes:
        return LARGE

    async with serving(text=large) as (session, address):
        reader, writer = await asyncio.open_connection(address.host, address.port, limit=2**16)
        for _ in range(20):
            writer.write(b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        async with session.get("/readyz") as answer:
            assert answer.status == 200
        with pytest.raises(ConnectionError):
            await write_until_refused(writer)
        got: list[int] = []
        with pytest.raises(ConnectionError):
            await read_into(got, reader)
        assert sum(got) < len(LARGE)


async def write_until_refused(writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"\r\n")
        await writer.drain()
        await asyncio.sleep(0)


async def read_into(got: list[int], reader: asyncio.StreamReader) -> None:
    while chunk := await reader.read(2**20):
        got.append(len(chunk))
