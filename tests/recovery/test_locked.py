"""Another process keeps the database locked while the bot runs, such as a forgotten shell."""

import asyncio
import sys
from pathlib import Path

from bot.text import load_words
from tests.opening import open_town
from tests.recovery.laws import assert_paid_once, assert_posted_once
from tests.town import card_text

BUSY = load_words().say("busy", "en-US")
HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""


async def test_while_it_is_locked_nothing_is_accepted_and_then_life_goes_on(tmp_path: Path) -> None:
    """Member and operator are told; the row that came too late is taken back, and never paid."""
    async with open_town(tmp_path) as town, town.bot():
        await town.ask("image", prompt="before")
        await town.settled()
        holder = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            HOLD,
            str(tmp_path / "kling.db"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        assert holder.stdout is not None
        assert await holder.stdout.readline() == b"held\n"
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
