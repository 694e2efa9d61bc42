"""A town with a running bot, in both dialects where a test asks for it."""

import math
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sandbox.kling import Script
from tests.harness.end_to_end.questions import ALWAYS
from tests.harness.opening import UNLIMITED, open_town
from tests.harness.sampling import sampled
from tests.harness.town import HASTY, Town

DIALECTS = ("official", "gateway")
MANY = 99


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    """A bot that speaks to Kling itself."""
    async with open_town(tmp_path) as made, made.bot():
        yield made


@pytest.fixture
async def asking(tmp_path: Path) -> AsyncIterator[Town]:
    """A bot that asks about every price."""
    async with open_town(tmp_path, env=ALWAYS) as made, made.bot():
        yield made


@pytest.fixture
async def hasty(tmp_path: Path) -> AsyncIterator[Town]:
    """A bot that answers before the files have come, unless they come at once."""
    async with open_town(tmp_path) as made, made.bot(answer_within=HASTY):
        yield made


@pytest.fixture(params=DIALECTS)
async def both(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Town]:
    """A bot that speaks to Kling itself, and one that speaks to our gateway in front of it."""
    async with open_town(tmp_path, dialect=request.param) as made, made.bot():
        yield made


@pytest.fixture(params=sampled(DIALECTS, "official"))
async def either(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Town]:
    """As `both`, of whom the second is played by the sweeps: for one operation of many."""
    async with open_town(tmp_path, dialect=request.param) as made, made.bot():
        yield made


@pytest.fixture(params=sampled(DIALECTS, "gateway"))
async def desk(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Town]:
    """A town for tables of orders: room for all of them, and no task ever ends."""
    async with open_town(
        tmp_path,
        dialect=request.param,
        kling_options={"video_slots": MANY, "image_slots": MANY},
        env={
            "KLINGBOT_KLING__VIDEO_SLOTS": str(MANY),
            "KLINGBOT_KLING__IMAGE_SLOTS": str(MANY),
            **UNLIMITED,
        },
    ) as made:
        made.kling.script(Script(takes_s=math.inf, times=None))
        async with made.bot():
            yield made
