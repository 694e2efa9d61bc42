"""The ground of the tests: the playground's own, on which a slow machine breaks no time limit."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from sandbox.playground.ground import Ground, open_ground
from tests.harness import shelf
from tests.harness.opening import ANSWER_WITHIN_S


@contextlib.asynccontextmanager
async def patient_ground(folder: Path, *, invited: bool = True) -> AsyncIterator[Ground]:
    """Open a ground on a free port, where the bot may take its time to answer."""
    async with open_ground(folder, invited=invited, draw=shelf.result) as ground:
        ground.bot.discord.interactions.answer_within_s = ANSWER_WITHIN_S
        yield ground
