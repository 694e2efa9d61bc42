"""Two `run`s on one database: a shard is of one of them, and what both hear of is done once."""

import contextlib
import math
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.app import App
from bot.discord.shard_leases import LEASE_S, LOOK_EVERY_S, PATIENCE_MIN_S, RENEW_EVERY_S
from bot.errors import ShardsTaken
from bot.invocation import AS_MODULE
from bot.operator.explain import exit_code, explain
from cogs.guilds import GuildEvents
from sandbox.discord import Channel
from sandbox.discord.session_starts import IDENTIFY_WINDOW_S
from storage.forget_requests import Stage
from storage.schema import drafts, roles
from tests.end_to_end.test_mydata import asks_to_delete, deleted
from tests.harness.books import assert_books, booked
from tests.harness.opening import open_town
from tests.harness.postgres_server import Server
from tests.harness.shards import open_places, process
from tests.harness.town import Town, card_text

COUNT = 2


@contextlib.asynccontextmanager
async def two_runs(
    tmp_path: Path, server: Server, *shard_ids: str
) -> AsyncIterator[tuple[Town, list[Channel], tuple[App, App]]]:
    """Run two processes, each with these of two shards."""
    env = {
        "KLINGBOT_STORAGE__URL": await server.database.emptied(),
        "KLINGBOT_DISCORD__SHARDS": str(COUNT),
    }
    async with open_places(tmp_path, COUNT, env=env) as (town, channels):
        first, second = shard_ids
        async with process(town, discord__shard_ids=first) as old:
            await old.client.wait_until_ready()
            town.clock.jump(IDENTIFY_WINDOW_S)  # a shard identifies again after that at the soonest
            async with process(town, discord__shard_ids=second) as new:
                await new.client.wait_until_ready()
                yield town, channels, (old, new)


@contextlib.asynccontextmanager
async def one_run(tmp_path: Path, server: Server) -> AsyncIterator[tuple[Town, App]]:
    """Run a process that has the only shard."""
    env = {"KLINGBOT_STORAGE__URL": await server.database.emptied()}
    async with open_town(tmp_path, env=env) as town, town.bot() as app:
        yield town, app


async def _passes(town: Town, wait_s: float) -> None:
    """Let so much time pass, in steps after each of which the shard's lease is renewed."""
    asked = select(roles.c.until).where(roles.c.name == "shard:0/1")
    for _ in range(math.ceil(wait_s / RENEW_EVERY_S)):
        town.clock.jump(RENEW_EVERY_S)
        until = town.clock.now() + LEASE_S

        async def renewed(since: float = until) -> bool | None:
            read = town.store._connections.read
            held = await read(lambda here: here.execute(asked).scalar_one())
            return True if held >= since else None

        await town.commits.until(renewed)


async def test_a_second_one_for_the_same_shard_is_refused(tmp_path: Path, server: Server) -> None:
    """It waits for the first to stop, then ends with 4 and says why; Discord never hears of it."""
    async with one_run(tmp_path, server) as (town, first), process(town) as second:
        await _passes(town, PATIENCE_MIN_S + LOOK_EVERY_S)
        with pytest.raises(ShardsTaken) as refused:
            await second.ended
        said = explain(refused.value, AS_MODULE)
        assert exit_code(refused.value) == 4
        assert "shard 0 of 1" in said
        assert "`worker`" in said
        assert town.discord.gateway.identifies == 1
        assert first.client.gateway_connected
        assert not second.client.gateway_connected


@pytest.mark.sweep
async def test_a_second_one_begins_when_the_first_has_stopped(
    tmp_path: Path, server: Server
) -> None:
    """As in a rolling restart: the new one waits until the old one has left, and no longer."""
    env = {"KLINGBOT_STORAGE__URL": await server.database.emptied()}
    async with open_town(tmp_path, env=env) as town, contextlib.AsyncExitStack() as old:
        await old.enter_async_context(town.bot())
        town.clock.jump(IDENTIFY_WINDOW_S)
        async with process(town) as new:
            await _passes(town, 2 * LOOK_EVERY_S)
            assert town.discord.gateway.identifies == 1
            await old.aclose()
            await new.client.wait_until_ready()
            town.app = new
            await town.ask("image", prompt="a fox")
            assert len(await town.posted()) == 1
            await town.settled()


async def test_one_that_was_replaced_while_it_slept_ends(tmp_path: Path, server: Server) -> None:
    """Suspended, or cut off from the database, until another had its shard: it ends with 4."""
    async with one_run(tmp_path, server) as (town, app):
        connection = await server.database.connect()
        await connection.execute("UPDATE roles SET owner = 'another' WHERE name = 'shard:0/1'")
        await connection.close()
        town.clock.jump(RENEW_EVERY_S)
        with pytest.raises(ShardsTaken):
            await app.ended
        assert not town.discord.gateway.connected


@pytest.mark.sweep
async def test_a_new_server_is_greeted_once(tmp_path: Path, server: Server) -> None:
    """Two processes hear of it, such as one of before beside a new one: it says hello once."""
    async with two_runs(tmp_path, server, "[0]", "[1]") as (town, _, apps):
        guild = town.discord.add_guild("New here", bot_member=False, shard=(0, COUNT))
        lobby = town.discord.add_channel(guild, "lobby")
        town.discord.add_bot(guild)
        [hello] = await town.posted(channel=lobby)
        assert "/image" in card_text(hello)
        joined = apps[0].client.get_guild(guild.id)
        assert joined is not None
        listening = apps[1].client.get_cog(GuildEvents.__name__)
        assert isinstance(listening, GuildEvents)
        await listening.on_guild_join(joined)
    assert town.posts(lobby) == [hello]


@pytest.mark.sweep
async def test_one_request_to_delete_is_honoured_once(tmp_path: Path, server: Server) -> None:
    """Both are at it: nothing of the member is left, nothing of others is gone, the books agree."""
    async with two_runs(tmp_path, server, "[0]", "[1]") as (town, channels, apps):
        eve = town.discord.add_user("eve")
        for channel in channels:
            await town.ask("image", prompt="a fox of mine", at=channel)
            await town.ask("image", prompt="an owl of hers", at=channel, by=eve)
        await town.settled()
        before = await booked(town.store)
        town.channel = channels[0]
        await town.press(await asks_to_delete(town), "forget")
        for app in apps:
            app.client.services.retention.look()
        await deleted(town)
        left = await town.settled()
        assert [job.origin.user_id for job in left] == [eve.id] * COUNT
        kept = await town.store.personal_data(town.member.id)
        assert not kept["jobs"]
        assert not kept["inputs"]
        asked = select(drafts.c.kind).where(drafts.c.user_id == town.member.id)
        read = town.store._connections.read
        assert await read(lambda here: here.execute(asked).scalars().all()) == [Stage.DONE]
        await assert_books(town.store, town.kling)
        assert await booked(town.store) == before
