"""Limits where time and places change: clocks set back over midnight, a server left and back."""

from functools import partial
from pathlib import Path

from sqlalchemy import select

from sandbox.clock import PATIENCE_S
from storage.schema import guilds
from storage.standing import Set
from tests.harness.opening import open_town
from tests.harness.town import Town

DAY_S = 86_400
PICTURE_UNITS = 8


async def _noted(town: Town, *, left: bool) -> bool | None:
    """Tell when it is noted that the bot is in the server, or that it left it."""
    asked = select(guilds.c.left_at).where(guilds.c.guild_id == town.guild.id)
    found = await town.store._connections.read(lambda here: here.execute(asked).all())
    return True if found and (found[0].left_at is not None) is left else None


async def test_a_clock_set_back_over_midnight_gives_no_second_day(tmp_path: Path) -> None:
    """One picture a day: neither the day that comes back nor the one that comes again is new."""
    env = {"KLINGBOT_LIMITS__MEMBER_IMAGE_UNITS_PER_DAY": str(PICTURE_UNITS)}
    async with open_town(tmp_path, env=env) as town:
        midnight = (town.clock.now() // DAY_S + 1) * DAY_S
        evening, morning = midnight - 7_200, midnight + 7_200
        town.clock.jump(evening - town.clock.now())
        async with town.bot():
            await town.ask("image", prompt="in the evening")
            await town.settled()
            town.clock.jump(morning - town.clock.now())
            await town.ask("image", prompt="in the morning")
            await town.settled()
            town.clock.jump(evening - town.clock.now())
            told = await town.refused("image", prompt="in the evening again")
            assert f"<t:{midnight:.0f}:R>" in told
            town.clock.jump(morning - town.clock.now())
            told = await town.refused("image", prompt="in the morning again")
            assert f"<t:{midnight + DAY_S:.0f}:R>" in told


async def test_a_server_that_comes_back_gets_nothing_back(tmp_path: Path) -> None:
    """What it spent this month still counts: three pictures a month, two of them before."""
    async with open_town(tmp_path) as town, town.bot():
        units = {"image": 3 * PICTURE_UNITS * 100}
        await town.store.set_caps(town.guild.id, units, now=town.clock.now())
        await town.ask("image", prompt="two", n=2)
        await town.settled()
        await town.commits.until(partial(_noted, town, left=False))
        town.discord.remove_bot(town.guild)
        await town.commits.until(partial(_noted, town, left=True))
        town.discord.add_bot(town.guild)
        await town.commits.until(partial(_noted, town, left=False))
        told = await town.refused("image", prompt="two more", n=2)
        assert "This server has 8 of its 24 left" in told
        assert not (await town.ask("image", prompt="one more")).ephemeral
        await town.settled()


async def test_four_fifths_are_told_with_what_is_used(tmp_path: Path) -> None:
    """At `money.warn_percent` operator and managers read how much of it is used, each once."""
    env = {"KLINGBOT_LIMITS__SERVER_IMAGE_UNITS_PER_MONTH": str(5 * PICTURE_UNITS)}
    async with open_town(tmp_path, env=env) as town:
        channel = town.discord.add_channel(town.guild, "managers")
        dm = town.discord.dm(town.discord.owner)

        def heard() -> list[str]:
            return [post.content for post in (*town.posts(channel), *town.posts(dm))]

        async with town.bot():
            place = Set("server", town.guild.id, "notices", str(channel.id))
            await town.store.put_settings(town.guild.id, [place], by=1, now=town.clock.now())
            await town.ask("image", prompt="three", n=3)
            await town.settled()
            assert heard() == []
            await town.ask("image", prompt="the fourth")
            await town.discord.until(lambda: len(heard()) == 2, PATIENCE_S)
            of_server = f"for the server `{town.guild.id}` is used (32)."
            assert heard() == [
                "80% of this server's limit of 40 image units for this month is used (32).",
                f"80% of this month's limit of 40 image units {of_server}",
            ]
            await town.settled()
        async with town.bot():
            await town.refused("image", prompt="two", n=2)
            assert len(heard()) == 2
