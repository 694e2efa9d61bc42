"""The bot dies by SIGKILL in every state, and is started again on the same file."""

from pathlib import Path

import pytest

from tests.harness.opening import open_town
from tests.harness.recovery.laws import (
    assert_paid_once,
    assert_posted_once,
    assert_rows_at_rest,
    rows_of,
)
from tests.harness.recovery.points import POINTS
from tests.harness.recovery.process import real_bot
from tests.harness.recovery.scene import Scene
from tests.harness.sampling import sampled

SAMPLE = (
    "inputs are fetched",
    "a face is asked for",
    "the create was not done",
    "stopped at the create",
    "the task runs",
    "the result is fetched",
    "the last edit is stored",
    "a refusal is whispered",
    "nowhere to post",
)
"""One of each state; at what is cut short in another way the bot dies in `test_moments`, too."""


@pytest.mark.parametrize("name", sampled(POINTS, *SAMPLE))
async def test_a_kill_costs_nothing_and_loses_nothing(name: str, tmp_path: Path) -> None:
    """One create, one post of each part, the card in its last state, and everybody told."""
    point = POINTS[name]
    async with open_town(tmp_path, env=point.env) as town:
        async with real_bot(town, tmp_path) as bot:
            scene = Scene(town, bot)
            await point.reach(scene)
            await bot.crash()
            town.kling.clear_faults()
            town.discord.faults.clear()
            await bot.connect()
            await point.then(scene)
            for number, text in enumerate(point.cards):
                await scene.card_says(text, number)
            await bot.at_rest()
            assert await bot.terminate() == 0
        assert_paid_once(town, point.creates)
        assert_posted_once(town.posts(), point.posts)
        jobs = await rows_of(town)
        assert len(jobs) == len(scene.asked)
        assert_rows_at_rest(jobs)
