"""Two `run`s on one database, as during a restart: what both hear of is done once."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from sqlalchemy import select

from bot.app import App
from sandbox.discord import Channel
from sandbox.discord.session_starts import IDENTIFY_WINDOW_S
from storage.forget_requests import Stage
from storage.schema import drafts
from tests.end_to_end.test_mydata import asks_to_delete, deleted
from tests.harness.books import assert_books, booked
from tests.harness.postgres_server import Server
from tests.harness.shards import WAIT_S, open_places, process
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


async def test_a_new_server_is_greeted_once(tmp_path: Path, server: Server) -> None:
    """The old process and the new one both see the bot join; it says hello once."""
    async with two_runs(tmp_path, server, "[0, 1]", "[0, 1]") as (town, _, apps):
        guild = town.discord.add_guild("New here", bot_member=False)
        lobby = town.discord.add_channel(guild, "lobby")
        town.discord.add_bot(guild)
        await town.discord.until(
            lambda: all(app.client.get_guild(guild.id) for app in apps), WAIT_S
        )
        [hello] = await town.posted(channel=lobby)
        assert "/image" in card_text(hello)
    assert town.posts(lobby) == [hello]


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
