"""A town with a running bot, in both dialects where a test asks for it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.town import Town, open_town


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    """A bot that speaks to Kling itself."""
    async with open_town(tmp_path) as made, made.bot():
        yield made


@pytest.fixture(params=["official", "gateway"])
async def either(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Town]:
    """A bot that speaks to Kling itself, and one that speaks to our gateway in front of it."""
    async with open_town(tmp_path, dialect=request.param) as made, made.bot():
        yield made
