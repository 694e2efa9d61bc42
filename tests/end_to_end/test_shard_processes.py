"""Shards in several processes over one PostgreSQL database: each serves its own servers."""

import contextlib
import math
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.app import App
from bot.domain.policy.delivery import PICKUP_S
from bot.errors import DiscordRefused, SettingsInvalid
from bot.jobs.tidying import PURGE_EVERY_S
from sandbox.discord import Channel, Guild
from sandbox.kling import Script
from storage.job import State
from storage.schema import guilds
from tests.end_to_end.test_server_settings import manager, told
from tests.harness.postgres_server import Server
from tests.harness.recovery.laws import assert_paid_once, assert_posted_once
from tests.harness.shards import connected, identified, open_places, process
from tests.harness.town import Town

COUNT = 3
ALL = tuple((shard, COUNT) for shard in range(COUNT))
BUCKET_S = 6.0
LOOKS_AGAIN_S = 60.0
"""By then a process has seen what another one left behind."""


@contextlib.asynccontextmanager
async def places(
    tmp_path: Path, server: Server, count: int = COUNT, **env: str
) -> AsyncIterator[tuple[Town, list[Channel]]]:
    given = {"KLINGBOT_STORAGE__URL": await server.database.emptied(), **env}
    async with open_places(tmp_path, count, env=given) as opened:
        yield opened


@contextlib.asynccontextmanager
async def two(town: Town, shards: str = str(COUNT)) -> AsyncIterator[tuple[App, App]]:
    """Run shard 0 in one process, and 1 and 2 in another."""
    async with (
        process(town, discord__shards=shards, discord__shard_ids="[0]") as first,
        process(town, discord__shards=shards, discord__shard_ids="[1, 2]") as second,
    ):
        await connected(town, *ALL)
        yield first, second


async def _noted(town: Town, guild: Guild | None, *, left: bool) -> bool | None:
    """Tell when it is noted that the bot is in the server, or that it left it."""
    assert guild is not None
    found = await town.store._connections.read(lambda here: here.execute(select(guilds)).all())
    dates = {row.guild_id: row.left_at for row in found}
    return True if guild.id in dates and (dates[guild.id] is not None) is left else None


@pytest.mark.sweep
async def test_two_processes_serve_all_servers_together(tmp_path: Path, server: Server) -> None:
    """A command is answered by the process of its shard, and whichever delivers, it is once."""
    async with places(tmp_path, server) as (town, channels), two(town):
        assert sorted(one.shard for one in town.discord.gateway.starts.identifies) == [0, 1, 2]
        for channel in channels:
            await town.ask("image", prompt="a fox", at=channel)
        for channel in channels:
            [result] = await town.posted(channel=channel)
            assert result.attachments
        await town.settled()
        assert_paid_once(town, COUNT)
        for channel in channels:
            assert_posted_once(town.posts(channel), 1)


async def test_a_job_of_another_process_is_delivered_in_its_place(
    tmp_path: Path, server: Server
) -> None:
    """Ordered on shard 1, whose process ends: the other one delivers, in the thread, as set there.

    It knows neither the server nor the thread. What its managers set for the channel holds in the
    thread all the same: the result is a spoiler.
    """
    async with places(tmp_path, server) as (town, channels):
        guild = channels[1].guild
        assert guild is not None
        thread = town.discord.add_channel(guild, "a thread", "thread", parent=channels[1])
        async with process(town, discord__shards="3", discord__shard_ids="[0]"):
            async with process(town, discord__shards="3", discord__shard_ids="[1, 2]"):
                await connected(town, *ALL)
                setting = {"name": "spoiler", "value": "true", "channel": channels[1]}
                boss = manager(town)
                said = await told(town, "settings default set", boss, at=channels[1], **setting)
                assert "on (" in said
                town.kling.script(Script(takes_s=math.inf))
                await town.ask("image", prompt="a fox", at=thread)
                await town.job_is(State.RUNNING)
            await connected(town, (0, COUNT))
            town.kling.finish(town.kling.creates[0])
            town.clock.jump(LOOKS_AGAIN_S)
            [result] = await town.posted(channel=thread)
            assert all(file.filename.startswith("SPOILER_") for file in result.attachments)
            assert result.attachments


@pytest.mark.sweep
async def test_a_server_is_left_only_by_the_process_of_its_shard(
    tmp_path: Path, server: Server
) -> None:
    """Each notes its own, forgets its own, and takes no server of the other for left."""
    async with places(tmp_path, server) as (town, channels), two(town):
        for channel in channels:
            await town.ask("image", prompt=f"in {channel.guild}", at=channel)
            await town.commits.until(partial(_noted, town, channel.guild, left=False))
        await town.settled()
        for gone, stays in ((2, [0, 1]), (0, [1])):
            guild = channels[gone].guild
            assert guild is not None
            town.discord.remove_bot(guild)
            await town.commits.until(partial(_noted, town, guild, left=True))
            for other in stays:
                assert await _noted(town, channels[other].guild, left=False)
        town.clock.jump(PICKUP_S + PURGE_EVERY_S)

        async def forgotten() -> bool | None:
            jobs = await town.store.list_jobs()
            kept = channels[1].guild
            assert kept is not None
            return True if {job.origin.guild_id for job in jobs} == {kept.id} else None

        await town.commits.until(forgotten)


@pytest.mark.sweep
async def test_a_server_of_a_process_that_is_down_is_not_forgotten(
    tmp_path: Path, server: Server
) -> None:
    """Left long ago and invited again while its process was down: another one forgets nothing."""
    async with places(tmp_path, server) as (town, channels):
        guild, place = channels[2].guild, channels[2]
        assert guild is not None
        async with two(town):
            await town.ask("image", prompt="kept", at=place)
            await town.settled()
            town.discord.remove_bot(guild)
            await town.commits.until(partial(_noted, town, guild, left=True))
        town.discord.add_bot(guild)
        town.clock.jump(PICKUP_S + PURGE_EVERY_S)
        async with process(town, discord__shards="3", discord__shard_ids="[0]"):
            left = channels[0].guild
            assert left is not None
            town.discord.remove_bot(left)
            await town.commits.until(partial(_noted, town, left, left=True))
            assert [job.request["prompt"] for job in await town.store.list_jobs()] == ["kept"]
            async with process(town, discord__shards="3", discord__shard_ids="[2]"):
                await town.commits.until(partial(_noted, town, guild, left=False))
                assert len(await town.store.list_jobs()) == 1


@pytest.mark.sweep
async def test_processes_take_turns_to_identify(tmp_path: Path, server: Server) -> None:
    """One bucket for all: not two of them within five seconds, whichever process they are in."""
    async with places(tmp_path, server) as (town, channels):
        starts = town.discord.gateway.starts
        starts.max_concurrency, starts.paced = 1, True
        async with (
            process(town, discord__shards="3", discord__shard_ids="[0, 1]") as first,
            process(town, discord__shards="3", discord__shard_ids="[2]") as second,
        ):
            for number in range(COUNT):
                await identified(town, number + 1)
                # Long enough for one that does not wait.
                await town.ask("image", prompt="a fox", at=channels[starts.identifies[-1].shard])
                town.clock.jump(BUCKET_S)
            for app in (first, second):
                await app.client.wait_until_ready()
        assert [one.in_time for one in starts.identifies] == [True] * COUNT


async def test_processes_agree_on_what_discord_recommends(tmp_path: Path, server: Server) -> None:
    """With `auto` the first one's number holds, though Discord recommends the next another."""
    async with places(tmp_path, server) as (town, _):
        async with process(town, discord__shard_ids="[0, 1]"):
            await connected(town, (0, COUNT), (1, COUNT))
            town.discord.gateway.starts.recommended_shards = 5
            async with process(town, discord__shard_ids="[2]"):
                await connected(town, *ALL)
        async with process(town, discord__shard_ids="[0, 4]"):  # split anew
            await connected(town, (0, 5), (4, 5))


@pytest.mark.sweep
async def test_too_many_servers_for_shards_that_are_split(tmp_path: Path, server: Server) -> None:
    """Code 4011: exit 2 with the number; processes that start from then on use it."""
    async with places(tmp_path, server, 1) as (town, _):
        starts = town.discord.gateway.starts
        starts.guilds_per_shard_max, starts.recommended_shards = 0, 1
        async with process(town, discord__shard_ids="[0]") as app:
            await town.discord.until(lambda: starts.identifies)
            with pytest.raises(DiscordRefused, match="recommends 2") as refused:
                await app.ended
        assert refused.value.exit_code == 2
        starts.guilds_per_shard_max = 1
        async with process(town, discord__shard_ids="[0, 1]"):
            await connected(town, (0, 2), (1, 2))


async def test_a_shard_that_discord_does_not_have_is_the_operators_to_fix(
    tmp_path: Path, server: Server
) -> None:
    """With `auto` an id that is too high shows once Discord has said how many there are: exit 2."""
    async with (
        places(tmp_path, server) as (town, _),
        process(town, discord__shard_ids="[0, 3]") as app,
    ):
        with pytest.raises(SettingsInvalid, match=r"discord\.shard_ids") as refused:
            await app.ended
        assert refused.value.exit_code == 2
        assert town.discord.gateway.identifies == 0
