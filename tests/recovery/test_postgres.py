"""The bot on PostgreSQL: its server dies and comes back, an operator looks on, a server is left."""

import asyncio
import math
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.domain.policy.delivery import PICKUP_S
from bot.jobs.tidying import PURGE_EVERY_S
from bot.messages.translations import load_translations
from sandbox.kling import Script
from storage.schema import guilds
from tests.harness.opening import open_town
from tests.harness.postgres_server import Server
from tests.harness.recovery.laws import assert_paid_once, assert_posted_once, assert_rows_at_rest
from tests.harness.shell import bot as shell
from tests.harness.town import Town, card_text

BUSY = load_translations().say("busy", "en-US")


async def test_a_server_that_dies_is_waited_for(tmp_path: Path, server: Server) -> None:
    """Refused while it is away, and told so; what was accepted ends as it should afterwards."""
    env = {
        "KLINGBOT_STORAGE__URL": await server.database.emptied(),
        "KLINGBOT_POLL__FIRST_S": "3600",
        "KLINGBOT_POLL__INTERVAL_S": "3600",
    }
    async with open_town(tmp_path, env=env) as town, town.bot():
        town.kling.script(Script(takes_s=math.inf))
        asked = await town.ask("image", prompt="runs at Kling")
        await town.card_says(asked, "🎬")
        await town.commits.until(lambda: _at_rest(town))
        looked = await shell("jobs", "list", cwd=tmp_path, env=town.env)
        assert (looked.code, looked.err) == (0, "")
        assert "runs at Kling" in looked.out
        await asyncio.to_thread(server.kill)
        assert (await shell("jobs", "list", cwd=tmp_path, env=town.env)).code == 4
        refused = await town.discord.slash(
            town.member, town.channel, "image", {"prompt": "nobody there"}
        )
        await refused.answered()
        assert refused.ephemeral
        assert town.card_of(refused).content == BUSY
        [notice] = await town.posted(1, town.discord.dm(town.discord.owner))
        assert "(cannot open)" in card_text(notice)
        town.kling.finish(town.kling.creates[0])
        await asyncio.to_thread(server.start)
        town.clock.jump(3_600.0)
        await town.card_says(asked, "✅")
        after = await town.ask("image", prompt="there again")
        await town.commits.until(lambda: _at_rest(town, count=2))
        town.clock.jump(3_600.0)
        await town.card_says(after, "✅")
        jobs = await town.settled()
        assert {job.request["prompt"] for job in jobs} == {"runs at Kling", "there again"}
        assert_rows_at_rest(jobs)
        assert_paid_once(town, 2)
        assert_posted_once(town.posts(), 2)


@pytest.mark.sweep
async def test_a_server_that_was_left_is_forgotten(tmp_path: Path, server: Server) -> None:
    """As on SQLite: noted when the bot is removed, forgotten with everything 30 days later."""
    env = {"KLINGBOT_STORAGE__URL": await server.database.emptied()}
    async with open_town(tmp_path, env=env) as town, town.bot():
        await town.ask("image", prompt="a fox")
        await town.settled()
        await town.commits.until(lambda: _noted(town, left=False))
        town.discord.remove_bot(town.guild)
        await town.commits.until(lambda: _noted(town, left=True))
        town.clock.jump(PICKUP_S + PURGE_EVERY_S)
        await town.commits.until(lambda: _empty(town))


async def _noted(town: Town, *, left: bool) -> bool | None:
    """Tell when it is noted that the bot is in its server, or that it left."""
    found = await town.store._connections.read(lambda here: here.execute(select(guilds)).first())
    return True if found is not None and (found.left_at is not None) is left else None


async def _empty(town: Town) -> bool | None:
    return None if await town.store.list_jobs() else True


async def _at_rest(town: Town, count: int = 1) -> bool | None:
    """Tell whether this many tasks were made and no lease is held."""
    jobs = await town.store.list_jobs()
    busy = any(job.lease_owner or job.card.due_at or not job.task_id for job in jobs)
    return True if len(jobs) == count and not busy else None
