"""What someone who watches the running bot reads, from real events."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from bot.app import App
from sandbox.clock import PATIENCE_S
from storage.facts import PAUSED_FACT
from storage.job import State
from tests.harness.opening import open_town
from tests.harness.town import Town
from tests.web.test_metrics import series

LISTENING = {"KLINGBOT_WEB__LISTEN": "127.0.0.1:0"}


@asynccontextmanager
async def watched(tmp_path: Path) -> AsyncIterator[tuple[Town, aiohttp.ClientSession]]:
    async with (
        open_town(tmp_path, env=LISTENING) as town,
        town.bot() as app,
        aiohttp.ClientSession(f"http://{address_of(app)}") as session,
    ):
        yield town, session


def address_of(app: App) -> str:
    assert app.pages is not None
    return str(app.pages)


async def not_ready(session: aiohttp.ClientSession) -> set[str]:
    """Return what does not work; how late the loop is depends on the machine."""
    async with session.get("/readyz") as answer:
        return set((await answer.json())["not_ready"]) - {"loop"}


async def test_a_gateway_that_is_cut_is_named_until_it_is_back(tmp_path: Path) -> None:
    """Ready and healthy follow the connection: cut, both say so; resumed, both are well again."""
    async with watched(tmp_path) as (town, session):
        assert town.app is not None
        client = town.app.client
        assert await not_ready(session) == set()
        town.discord.gateway.begin_outage()
        await client.wait_for("disconnect", timeout=PATIENCE_S)
        assert await not_ready(session) == {"gateway"}
        async with session.get("/readyz") as answer:
            assert answer.status == 503
        assert client.is_ready()  # discord.py's own word, which is no measure
        resumed = asyncio.ensure_future(client.wait_for("resumed", timeout=200))
        town.discord.gateway.end_outage()
        await resumed
        assert await not_ready(session) == set()


async def test_a_job_leaves_its_marks(tmp_path: Path) -> None:
    """After one video every histogram has counted it, and the calls to Kling are there."""
    async with watched(tmp_path) as (town, session):
        await town.ask("video", prompt="a fox in the snow")
        await town.posted()
        await town.job_is(State.DONE)
        async with session.get("/metrics") as answer:
            told = series(await answer.read())
    for name in ("answer_seconds", "visible_seconds"):
        assert told[f"kling_discord_{name}_count"] == 1
    assert told['kling_discord_queued_seconds_count{pack="video"}'] == 1
    sent = 'kling_discord_kling_calls_total{code="ok",route="videos/text2video"}'
    assert told[sent] >= 2  # the create and at least one query
    for what in ("results", "to_discord", "to_kling", "from_kling"):
        assert told[f'kling_discord_bytes_total{{what="{what}"}}'] > 0
    spent = told['kling_discord_units_spent{pack="video"}']
    held = told['kling_discord_units_held{pack="video"}']
    assert (spent > 0, held) == (True, 0)


async def test_resuming_reaches_a_paused_bot_soon(tmp_path: Path) -> None:
    """While jobs wait for the operator, the bot looks at least every two seconds."""
    async with open_town(tmp_path) as town, town.bot():
        await town.store.set_fact(PAUSED_FACT, "now")
        await town.ask("video", prompt="a fox")
        job = await town.job_is(State.QUEUED)
        before = town.clock.now()
        await town.store.set_fact(
            PAUSED_FACT, ""
        )  # as from another process: nothing wakes the loop
        await town.job_is(State.DONE, job_id=job.id)
        done = await town.only_job()
        assert done.sent_at is not None
        assert done.sent_at - before <= 2.0
