"""A town with the bot in this process, so that its clock can be set forward."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.harness.opening import open_town
from tests.harness.town import HASTY, Town


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    """A bot that speaks to Kling itself."""
    async with open_town(tmp_path) as made, made.bot():
        yield made


@pytest.fixture
async def hasty(tmp_path: Path) -> AsyncIterator[Town]:
    """A bot that answers before the files have come, unless they come at once."""
    async with open_town(tmp_path) as made, made.bot(answer_within=HASTY):
        yield made
