"""Another process keeps the database locked while the bot runs, such as a forgotten shell."""

from pathlib import Path

from bot.messages.translations import load_translations
from tests.harness.opening import open_town
from tests.harness.recovery.laws import assert_paid_once, assert_posted_once
from tests.harness.shell import holding
from tests.harness.town import card_text

BUSY = load_translations().say("busy", "en-US")


async def test_while_it_is_locked_nothing_is_accepted_and_then_life_goes_on(tmp_path: Path) -> None:
    """Member and operator are told; the row that came too late is taken back, and never paid."""
    async with open_town(tmp_path) as town, town.bot():
        await town.ask("image", prompt="before")
        await town.settled()
        holder = await holding(tmp_path / "kling.db")
        refused = await town.discord.slash(
            town.member, town.channel, "image", {"prompt": "meanwhile"}
        )
        await refused.answered()
        assert refused.ephemeral
        assert town.card_of(refused).content == BUSY
        [notice] = await town.posted(1, town.discord.dm(town.discord.owner))
        assert "(held). Stop the other process first" in card_text(notice)
        await holder.communicate(b"")
        await town.ask("image", prompt="after")
        await town.posted(2)
        jobs = await town.settled()
        assert {job.request["prompt"] for job in jobs} == {"before", "after"}
        assert_paid_once(town, 2)
        assert_posted_once(town.posts(), 2)
