"""Shards examined: too few, too many servers on one, some that do not exist, no sessions left."""

from collections.abc import Callable

import pytest

from bot.doctor.discord import examine_discord
from bot.doctor.findings import Finding, Mark, worst
from bot.doctor.run import examine_settings
from bot.doctor.shards import shard_findings
from bot.domain.sharding import GUILDS_PER_SHARD_MAX
from bot.settings.load import Settings
from sandbox.discord import Answer, LocalDiscord

Make = Callable[..., Settings]
POSTGRESQL = "postgresql://kling@db.example/kling"


def about(findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if "shard" in finding.what]


async def test_as_discord_recommends_it_says_only_how_many(
    discord: LocalDiscord, settings: Make
) -> None:
    """One shard is not worth a line; several are."""
    assert about(await examine_discord(settings())) == []
    discord.gateway.starts.recommended_shards = 4
    (found,) = about(await examine_discord(settings()))
    assert (found.mark, found.what) == (Mark.OK, "4 shards run here")
    split = settings(discord__shard_ids="[1, 3]", storage__url=POSTGRESQL)
    (found,) = about(await examine_discord(split))
    assert (found.mark, found.what) == (Mark.OK, "shards 1, 3 of 4 run here")


async def test_fewer_than_discord_recommends_are_warned_of(
    discord: LocalDiscord, settings: Make
) -> None:
    """It works for now; the number is named."""
    discord.gateway.starts.recommended_shards = 4
    (found,) = about(await examine_discord(settings(discord__shards="2")))
    assert found.mark is Mark.WARN
    assert "recommends 4" in found.what
    assert "auto" in found.fix


def test_a_shard_that_discord_will_refuse_is_found_before_the_start(settings: Make) -> None:
    """More servers than one may hold, by their ids: exit 2, and the close code is explained."""
    said = {"shards": 3, "session_start_limit": {}}
    guilds = [(2 * number + 1) << 22 for number in range(GUILDS_PER_SHARD_MAX + 1)]
    discord = settings(discord__shards="2").discord
    (found,) = shard_findings(discord, said, guilds)
    assert found.what.startswith(f"shard 1 would hold {len(guilds)} servers")
    assert "4011" in found.what
    assert worst([found]) == 2
    assert shard_findings(discord, said, guilds[1:])[0].mark is Mark.WARN


async def test_a_shard_that_does_not_exist_is_named(discord: LocalDiscord, settings: Make) -> None:
    """With `auto` only Discord knows how many there are."""
    discord.gateway.starts.recommended_shards = 2
    split = settings(discord__shard_ids="[2]", storage__url=POSTGRESQL)
    (found,) = about(await examine_discord(split))
    assert found.what.startswith("discord.shard_ids")
    assert worst([found]) == 2


async def test_sessions_that_are_used_up_are_warned_of(
    discord: LocalDiscord, settings: Make
) -> None:
    """The next start would wait, for as long as is said."""
    discord.gateway.starts.use_up()
    found = [one for one in await examine_discord(settings()) if "more connections" in one.what]
    assert [one.mark for one in found] == [Mark.WARN]
    assert "hours" in found[0].fix


def test_a_part_of_the_shards_on_sqlite_is_a_problem_of_the_settings(settings: Make) -> None:
    """As the start says it: exit 2."""
    (found,) = examine_settings(settings(discord__shards="2", discord__shard_ids="[0]"))
    assert "discord.shard_ids" in found.what
    assert worst([found]) == 2


@pytest.mark.parametrize("status", [404, 500])
async def test_a_discord_that_does_not_say_is_no_finding(
    discord: LocalDiscord, settings: Make, status: int
) -> None:
    """Another server than Discord's may not know the route."""
    discord.fault("GET", "/gateway/bot", Answer(status))
    assert about(await examine_discord(settings())) == []
