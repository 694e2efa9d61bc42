"""Several shards in one process: served, cut one by one, started at Discord's pace."""

from functools import partial
from pathlib import Path

import aiohttp
import pytest
from sqlalchemy import select

from bot.app import open_app
from bot.discord.shards import RESUMED_WITHIN_S
from bot.errors import DiscordRefused
from bot.invocation import AS_MODULE
from bot.operator.explain import exit_code, explain
from sandbox.clock import PATIENCE_S
from sandbox.discord import Answer, Guild, Reply
from sandbox.discord.gateway import RESUME
from storage.schema import guilds
from tests.end_to_end.test_watching import LISTENING, address_of, not_ready
from tests.harness.shards import connected, identified, open_places, place_on, process
from tests.harness.town import Town
from tests.web.test_metrics import series

COUNT = 3
ALL = tuple((shard, COUNT) for shard in range(COUNT))
WINDOW_S = 5.0
"""Discord's: one IDENTIFY of each bucket in it."""
BUCKET_S = 6.0
"""A little more than one bucket waits between two shards."""
HOUR_S = 3_600.0


async def _noted(town: Town, guild: Guild, *, left: bool) -> bool | None:
    """Tell when it is noted that the bot is in the server, or that it left it."""
    found = await town.store._connections.read(lambda here: here.execute(select(guilds)).all())
    dates = {row.guild_id: row.left_at for row in found}
    return True if guild.id in dates and (dates[guild.id] is not None) is left else None


async def test_every_server_is_served_whichever_its_shard(tmp_path: Path) -> None:
    """As many shards as Discord recommends; a command in each server, and in private, is done."""
    async with open_places(tmp_path, COUNT) as (town, places), town.bot():
        await connected(town, *ALL)
        for place in places:
            await town.ask("image", prompt="a fox", at=place)
            [result] = await town.posted(channel=place)
            assert result.attachments
        in_private = await town.ask("jobs", at=town.discord.dm(town.member))
        assert in_private.ephemeral
        await town.settled()
        assert len(town.discord.sent("PUT", "/applications/{application_id}/commands")) == 1


async def test_a_number_of_shards_overrules_the_recommendation(tmp_path: Path) -> None:
    """Discord recommends one, the operator wants two: there are two."""
    env = {"KLINGBOT_DISCORD__SHARDS": "2"}
    async with open_places(tmp_path, 1, env=env) as (town, _), town.bot():
        await connected(town, (0, 2), (1, 2))


async def test_one_shard_is_cut_and_the_others_go_on(tmp_path: Path) -> None:
    """The pages name it; others serve, and reconnect, however long it hangs; then it is back."""
    async with open_places(tmp_path, COUNT, env=LISTENING) as (town, places), town.bot() as app:
        gateway, client = town.discord.gateway, app.client
        async with aiohttp.ClientSession(f"http://{address_of(app)}") as session:
            assert await not_ready(session) == set()
            gateway.silent = {1}
            gateway.drop(1)
            await client.wait_for("shard_disconnect", timeout=PATIENCE_S)
            assert await not_ready(session) == {"gateway", "shard 1"}
            async with session.get("/metrics") as answer:
                told = series(await answer.read())
            shown = [told[f'kling_discord_shard_connected{{shard="{n}"}}'] for n in range(COUNT)]
            assert shown == [1, 0, 1]
            assert told['kling_discord_ready{part="gateway"}'] == 0
            assert 'kling_discord_ready{part="shard 1"}' not in told
            resumes = gateway.resumes
            gateway.drop(2)
            await town.discord.until(lambda: gateway.resumes == resumes + 1)
            for place in (places[0], places[2]):
                await town.ask("image", prompt="a fox", at=place)
            gateway.silent = set()
            gateway.drop()
            await connected(town, *ALL)
            await town.ask("image", prompt="back", at=places[1])
            await town.settled()
            assert await not_ready(session) == set()


async def test_a_session_that_is_too_old_is_not_resumed(tmp_path: Path) -> None:
    """After minutes without a connection the shard begins anew, at the address that is set."""
    async with open_places(tmp_path, COUNT) as (town, _), town.bot():
        await connected(town, *ALL)
        gateway, resuming = town.discord.gateway, list[bool]()
        town.discord.on_frame(lambda _way, frame: resuming.append(frame["op"] == RESUME))
        identified_before = gateway.identifies
        gateway.cut_off = {1}
        gateway.drop(1)
        await town.discord.until(lambda: any(resuming))
        gateway.cut_off = set()
        town.clock.jump(RESUMED_WITHIN_S + 1.0)
        resuming.clear()
        await connected(town, *ALL)
        assert gateway.identifies == identified_before + 1
        assert not any(resuming)


async def test_a_ready_that_names_no_shard_is_that_of_the_only_one(tmp_path: Path) -> None:
    """Another server than Discord's need not repeat what it was told."""
    async with open_places(tmp_path, 1) as (town, [place]):
        town.discord.gateway.retouches["READY"] = lambda data: data.pop("shard")
        async with town.bot():
            await town.ask("image", prompt="a fox", at=place)
            await town.settled()


@pytest.mark.parametrize("at_once", [1, 2])
async def test_shards_identify_no_faster_than_discord_allows(tmp_path: Path, at_once: int) -> None:
    """One of each bucket within five seconds, and those of different buckets together."""
    async with open_places(tmp_path, COUNT) as (town, places):
        starts = town.discord.gateway.starts
        starts.max_concurrency, starts.paced = at_once, True
        async with process(town) as app:
            await identified(town, at_once)
            for number in range(at_once, COUNT):
                # Long enough for one that does not wait.
                await town.ask("image", prompt="a fox", at=places[number - 1])
                town.clock.jump(WINDOW_S)
                await identified(town, number + 1)
            await app.client.wait_until_ready()
        assert [one.in_time for one in starts.identifies] == [True] * COUNT
        assert {one.shard for one in starts.identifies[:at_once]} == set(range(at_once))
        waited_s = [one.at - starts.identifies[0].at for one in starts.identifies]
        assert max(waited_s[:at_once]) < WINDOW_S


async def test_too_many_servers_for_one_shard_make_more(tmp_path: Path) -> None:
    """Close code 4011 with `auto`: as many shards as Discord recommends by then, at once."""
    async with open_places(tmp_path, 2) as (town, places):
        starts = town.discord.gateway.starts
        starts.guilds_per_shard_max, starts.recommended_shards = 1, 1
        async with town.bot():
            await connected(town, (0, 2), (1, 2))
            for place in places:
                await town.ask("image", prompt="a fox", at=place)
            await town.settled()


async def test_growth_while_it_runs_makes_more_shards(tmp_path: Path) -> None:
    """A session that is lost after the bot has grown is refused: it goes on with more shards."""
    async with open_places(tmp_path, 1) as (town, [first]), town.bot():
        starts = town.discord.gateway.starts
        starts.guilds_per_shard_max = 1
        starts.recommended_shards = 4
        assert first.guild is not None
        elsewhere = ((first.guild.id >> 22) + 1) % 4  # one server for each shard at most
        _, second = place_on(town, elsewhere, 4)
        town.discord.gateway.invalidate(resumable=False)
        town.clock.jump(BUCKET_S)
        await identified(town, 2)
        for _ in range(4):
            town.clock.jump(BUCKET_S)
        await connected(town, *((shard, 4) for shard in range(4)))
        for place in (first, second):
            await town.ask("image", prompt="a fox", at=place)
        await town.settled()


async def test_too_many_servers_for_the_operators_number_are_the_operators_to_fix(
    tmp_path: Path,
) -> None:
    """Close code 4011 with a number: exit 2, with the key and what Discord recommends."""
    env = {"KLINGBOT_DISCORD__SHARDS": "1"}
    async with open_places(tmp_path, 2, env=env) as (town, _):
        town.discord.gateway.starts.guilds_per_shard_max = 1
        async with open_app(town.settings, town.clock) as app:
            with pytest.raises(DiscordRefused) as refused:
                await app.ended
        said = explain(refused.value, AS_MODULE)
        assert "discord.shards" in said
        assert "recommends 2" in said
        assert "4011" in said
        assert exit_code(refused.value) == 2


async def test_a_shard_that_discord_does_not_take_is_the_operators_to_fix(tmp_path: Path) -> None:
    """Close code 4010: exit 2, with the keys."""
    async with open_places(tmp_path, 2) as (town, _), town.bot() as app:
        await town.discord.gateway.close(4010, shard=1)
        with pytest.raises(DiscordRefused, match=r"discord\.shard_ids") as refused:
            await app.ended
        assert exit_code(refused.value) == 2
        await connected(town)


async def test_sessions_that_are_used_up_are_waited_for(tmp_path: Path) -> None:
    """One too many and Discord would take the token back: the bot waits until the next day."""
    async with open_places(tmp_path, 1) as (town, [place]):
        starts = town.discord.gateway.starts
        starts.use_up()
        async with open_app(town.settings, town.clock) as app:
            town.app = app
            town.commits.listen_to(app.store._connections)
            while not starts.identifies:
                town.clock.asleep.clear()
                await town.clock.asleep.wait()
                assert not starts.identifies
                if town.discord.sent("GET", "/gateway/bot"):
                    town.clock.jump(24 * HOUR_S)
                    break
            await app.client.wait_until_ready()
            await town.ask("image", prompt="a fox", at=place)
            await town.settled()
        assert len(starts.identifies) == 1


@pytest.mark.parametrize("body", [b"[]", b'{"shards": "many"}', b'{"shards": 0}', b"<html>"])
async def test_a_discord_that_recommends_nothing_gets_one_shard(
    tmp_path: Path, body: bytes
) -> None:
    """Another server than Discord's may not know the route: the bot connects as ever."""
    async with open_places(tmp_path, 1) as (town, [place]):
        town.discord.fault("GET", "/gateway/bot", Reply(body))
        async with town.bot():
            await connected(town, (0, 1))
            await town.ask("image", prompt="a fox", at=place)
            await town.settled()


@pytest.mark.parametrize("status", [404, 503])
async def test_a_recommendation_that_is_refused_is_done_without_or_asked_for_again(
    tmp_path: Path, status: int
) -> None:
    """For good: one shard. For now: the bot asks until Discord answers."""
    async with open_places(tmp_path, 2) as (town, _):
        town.discord.fault("GET", "/gateway/bot", Answer(status))
        async with town.bot():
            await connected(town, *([(0, 1)] if status == 404 else [(0, 2), (1, 2)]))


async def test_a_server_left_while_the_session_was_lost_is_noted(tmp_path: Path) -> None:
    """When a shard begins anew, a server that is missing from its list was left."""
    async with open_places(tmp_path, 2) as (town, places), town.bot():
        left, stays = places[1].guild, places[0].guild
        assert left is not None
        assert stays is not None
        for guild in (left, stays):
            await town.commits.until(partial(_noted, town, guild, left=False))
        gateway = town.discord.gateway
        gateway.cut_off = {1}
        gateway.drop(1)
        town.discord.remove_bot(left)
        gateway.end_outage(forget_sessions=True)
        gateway.cut_off = set()
        town.clock.jump(BUCKET_S)
        await town.commits.until(partial(_noted, town, left, left=True))
        assert await _noted(town, stays, left=False)


async def test_a_shard_that_does_not_connect_leaves_nobodys_server(tmp_path: Path) -> None:
    """Of a shard that has listed nothing yet, no server is taken for left."""
    async with open_places(tmp_path, 2) as (town, places):
        first, second = places[0].guild, places[1].guild
        assert first is not None
        assert second is not None
        async with town.bot():
            for guild in (first, second):
                await town.commits.until(partial(_noted, town, guild, left=False))
        town.discord.remove_bot(first)
        town.discord.gateway.cut_off = {1}
        async with process(town):
            await town.commits.until(partial(_noted, town, first, left=True))
            assert await _noted(town, second, left=False)
