"""What the operator reads of jobs that were set aside: of each, and of each once."""

from pathlib import Path
from typing import cast

from bot.discord.poster import Poster
from bot.invocation import AS_MODULE
from bot.messages.message import Message
from bot.messages.translations import load_translations
from bot.operator.notices import OperatorNotices
from storage.engine import open_database
from tests.harness.manual_clock import ManualClock

CHANNEL = 7


class Posts:
    """The part of Discord that takes a notice."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    async def post(self, channel_id: int, message: Message, **_: object) -> None:
        assert channel_id == CHANNEL
        self.texts.append(message.content)


async def test_every_job_and_every_task_that_failed_is_named(tmp_path: Path) -> None:
    """Several within the hour are several notices; the same one again is none."""
    posts = Posts()
    async with open_database(f"sqlite:///{tmp_path / 'kling.db'}", owner="bot") as database:
        tell = OperatorNotices(
            database.jobs,
            cast("Poster", posts),
            load_translations(),
            ManualClock(),
            CHANNEL,
            AS_MODULE,
        )
        names = {
            "operator.set_aside": ("job", ["j1", "j2", "j3"]),
            "operator.background_failed": ("name", ["poll", "queue video"]),
        }
        for _ in range(2):
            for key, (fact, values) in names.items():
                for value in values:
                    await tell(key, **{fact: value})
    named = [value for _, values in names.values() for value in values]
    assert [sum(value in text for text in posts.texts) for value in named] == [1] * len(named)
