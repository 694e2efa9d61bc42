"""The bot leaves a server: what was asked for there is forgotten after 30 days, and only that."""

import asyncio
import math
from functools import partial
from pathlib import Path

from sqlalchemy import select

from bot.app import open_app
from bot.background import cancelled, kept_running
from bot.domain.policy.backoff import DAY_S
from bot.domain.policy.delivery import PICKUP_S
from bot.domain.sharding import ONE_SHARD, SeenServers
from bot.jobs.retention import AGAIN_S, Retention
from bot.jobs.tidying import PURGE_EVERY_S
from sandbox.discord import Channel, Guild
from sandbox.discord.gateway import GUILDS
from sandbox.kling import Script
from storage.engine import open_database
from storage.errors import StorageUnavailable
from storage.forget_requests import ForgetRequest
from storage.job import Job, State, new_job_id
from storage.schema import guilds
from tests.harness.commits import Commits
from tests.harness.jump_clock import JumpClock
from tests.harness.manual_clock import ManualClock
from tests.harness.opening import open_town
from tests.harness.storage.making import SERVER, make_job
from tests.harness.town import Town

NO_SUCH_ID = 2**63
"""No column can store it: the database refuses the query for an unexpected reason."""
LONG_S = PICKUP_S + PURGE_EVERY_S


async def _noted(town: Town, guild: Guild, *, left: bool) -> bool | None:
    """Tell when it is noted that the bot is in the server, or that it left it."""
    found = await town.store._connections.read(lambda here: here.execute(select(guilds)).all())
    dates = {row.guild_id: row.left_at for row in found}
    return True if guild.id in dates and (dates[guild.id] is not None) is left else None


async def _only_these(town: Town, prompts: set[str]) -> list[Job] | None:
    jobs = await town.store.list_jobs()
    return jobs if {job.request["prompt"] for job in jobs} == prompts else None


async def _purged(town: Town, prompts: set[str]) -> list[Job] | None:
    """Return these jobs once they are all; the purge may have been under way, and rests again."""
    jobs = await _only_these(town, prompts)
    if jobs is None:
        town.clock.jump(PURGE_EVERY_S)
    return jobs


async def _all_run(town: Town) -> bool | None:
    """Tell when every task runs and nothing is under way."""
    jobs = await town.store.list_jobs()
    rest = all(j.state is State.RUNNING and j.card.due_at is None for j in jobs)
    return True if rest and not any(j.lease_owner for j in jobs) else None


def _server(town: Town, name: str) -> tuple[Guild, Channel]:
    guild = town.discord.add_guild(name)
    return guild, town.discord.add_channel(guild, "general")


async def test_a_server_that_was_left_is_forgotten_and_no_other(tmp_path: Path) -> None:
    """Kicked out for good, kicked and invited again, out of order at Discord's, never a member."""
    async with open_town(tmp_path, discord_options={"user_installs": True}) as town:
        returned, in_returned = _server(town, "comes back")
        troubled, in_troubled = _server(town, "has an outage")
        strange = town.discord.add_guild("never a member", bot_member=False)
        in_strange = town.discord.add_channel(strange, "general")
        noor = town.discord.add_user("noor", installed=True)
        async with town.bot():
            for prompt, at in (
                ("left", town.channel),
                ("came back", in_returned),
                ("outage", in_troubled),
                ("strange", in_strange),
            ):
                await town.ask("image", by=noor, prompt=prompt, at=at)
            await town.settled()
            outage = {"id": str(troubled.id), "unavailable": True}
            town.discord.gateway.emit("GUILD_DELETE", outage, guild=troubled, intent=GUILDS)
            for guild in (returned, town.guild):
                await town.commits.until(partial(_noted, town, guild, left=False))
                town.discord.remove_bot(guild)
                await town.commits.until(partial(_noted, town, guild, left=True))
            town.discord.add_bot(returned)
            await town.commits.until(partial(_noted, town, returned, left=False))
            town.clock.jump(LONG_S)
            kept = {"came back", "outage", "strange"}
            await town.commits.until(partial(_purged, town, kept))


async def test_a_kick_while_the_bot_is_down_is_found_at_the_start(tmp_path: Path) -> None:
    """Discord lists the servers at each start; a missing one was left. Open jobs are deleted too.

    A task that is still running at Kling has no recipient left.
    """
    hourly = {"KLINGBOT_POLL__FIRST_S": "3600", "KLINGBOT_POLL__INTERVAL_S": "3600"}
    async with open_town(tmp_path, env=hourly) as town:
        _, in_stays = _server(town, "stays")
        async with town.bot():
            town.kling.script(Script(takes_s=math.inf, times=None))
            await town.ask("image", prompt="in the server")
            await town.ask("image", prompt="elsewhere", at=in_stays)
            await town.commits.until(partial(_all_run, town))
            await town.commits.until(partial(_noted, town, town.guild, left=False))
        town.discord.remove_bot(town.guild)
        async with town.bot():
            await town.commits.until(partial(_noted, town, town.guild, left=True))
            town.clock.jump(LONG_S)
            await town.commits.until(partial(_purged, town, {"elsewhere"}))


async def test_back_before_the_bot_looks_it_keeps_everything(tmp_path: Path) -> None:
    """Left long ago and invited again while the bot was down: the start forgets nothing."""
    async with open_town(tmp_path) as town:
        async with town.bot():
            await town.ask("image", prompt="kept")
            await town.settled()
            await town.commits.until(partial(_noted, town, town.guild, left=False))
            town.discord.remove_bot(town.guild)
            await town.commits.until(partial(_noted, town, town.guild, left=True))
        town.clock.jump(LONG_S)
        town.discord.add_bot(town.guild)
        town.discord.gateway.begin_outage(hold=True)
        async with open_app(town.settings, town.clock) as app:
            town.app = app
            town.commits.listen_to(app.store._connections)
            for _ in range(2):
                await _tidied(town)
            town.discord.gateway.end_outage()
            await town.commits.until(partial(_noted, town, town.guild, left=False))
            assert [job.request["prompt"] for job in await town.store.list_jobs()] == ["kept"]


async def nothing_left() -> float | None:
    """There are no copies of deleted jobs."""
    return None


async def test_a_look_that_fails_is_not_the_last(tmp_path: Path) -> None:
    """Whatever the database says to one look, the next one notes where the bot is."""
    commits = Commits()
    async with open_database(f"sqlite:///{tmp_path / 'kling.db'}", owner="bot") as database:

        def here() -> SeenServers:
            found = looks.pop(0)
            if looks:
                retention.look()
            return SeenServers(frozenset(found), ONE_SHARD)

        async def noted() -> bool | None:
            ids = await database.jobs._connections.read(
                lambda here: set(here.scalars(select(guilds.c.guild_id)))
            )
            return True if ids == {SERVER} else None

        looks = [{NO_SUCH_ID}, {SERVER}]
        retention = Retention(
            database.jobs,
            ManualClock(),
            here,
            wake=lambda: None,
            in_discord=[nothing_left],
            late_s=DAY_S,
        )
        commits.listen_to(database.jobs._connections)
        told: list[str] = []
        following = asyncio.ensure_future(
            kept_running("servers", retention.follow, _Hurried(), told.append)
        )
        retention.look()
        finding = asyncio.ensure_future(commits.until(noted))
        try:
            await asyncio.wait({following, finding}, return_when=asyncio.FIRST_COMPLETED)
            assert not following.done()
            await finding
            assert told == ["servers"]
        finally:
            for task in (following, finding):
                task.cancel()
            await asyncio.wait({following, finding})


async def test_a_database_in_trouble_is_asked_again_soon(tmp_path: Path) -> None:
    """Not at the next regular look, hours later: a member may have asked for a deletion."""
    clock, commits = JumpClock(), Commits()
    async with open_database(f"sqlite:///{tmp_path / 'kling.db'}", owner="bot") as database:
        draft = new_job_id()
        await database.jobs.ask_to_forget(draft, 1, 1, now=clock.now(), until=clock.now() + DAY_S)
        await database.jobs.request_forgetting(draft, 1, now=clock.now())
        requests = database.jobs.forget_requests
        refused = asyncio.Event()

        async def in_trouble() -> list[ForgetRequest]:
            if not refused.is_set():
                refused.set()
                clock.asleep.clear()
                raise StorageUnavailable("held")
            return await requests()

        async def done() -> bool | None:
            return None if await requests() else True

        database.jobs.forget_requests = in_trouble  # type: ignore[method-assign]  # in front of it
        commits.listen_to(database.jobs._connections)
        retention = Retention(
            database.jobs, clock, lambda: None, lambda: None, [nothing_left], late_s=DAY_S
        )
        following = asyncio.ensure_future(retention.follow())
        try:
            await refused.wait()
            await clock.asleep.wait()
            clock.jump(AGAIN_S)
            await commits.until(done)
        finally:
            await cancelled(following)


class _Hurried(JumpClock):
    """A clock on which no wait takes any time."""

    async def sleep(self, seconds: float) -> None:
        self.jump(seconds)
        await asyncio.sleep(0)


async def _tidied(town: Town) -> None:
    """Let the bot tidy up once more: what ended long ago is gone then."""
    before = town.commits.tidied

    async def over() -> bool | None:
        nonlocal before
        if town.commits.tidied == before:
            return None  # the next time is counted from the end of this one
        before = town.commits.tidied
        town.clock.jump(PURGE_EVERY_S)
        return True if await _only_these(town, {"kept"}) else None

    await town.store.insert(make_job(state=State.DONE, ended_at=town.clock.now() - 99 * DAY_S))
    town.clock.jump(PURGE_EVERY_S)
    await town.commits.until(over)
