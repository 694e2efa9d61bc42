"""Late results and expired links of the newer generation: the laws are those of `test_time.py`."""

import math
from functools import partial
from pathlib import Path

import pytest

from sandbox.discord import Interaction
from sandbox.kling import Script
from tests.end_to_end.test_elimination import KEY
from tests.end_to_end.test_elimination_products import FREELY, ask
from tests.harness.models import NEWER
from tests.harness.opening import open_town
from tests.harness.recovery.laws import assert_posted_once
from tests.harness.town import Town
from tests.recovery.test_time import DAY_S, HOUR_S, LINKS_EXPIRE, at_rest, expires_and_is_told

ENV = KEY | FREELY
CLIP, SHOTS = "a video", "a storyboard"
WAYS = [
    CLIP,
    "an edit",
    *(
        pytest.param(product, marks=pytest.mark.sweep)
        for product in (SHOTS, "references", "an image", "a series", "a new video")
    ),
]


async def asked_for(town: Town, product: str) -> Interaction:
    if product == CLIP:
        return await town.ask("video", prompt="a fox", model=NEWER, duration=3)
    if product == SHOTS:
        return await town.ask("storyboard", shot_1="a fox", shot_2="it runs", model=NEWER)
    return await ask(town, product)


@pytest.mark.parametrize("product", WAYS)
async def test_late_and_after_giving_up_it_is_still_delivered(tmp_path: Path, product: str) -> None:
    """An hour, and then days later; the member is told once in between, and pays once."""
    async with open_town(tmp_path, env=ENV) as town, town.bot():
        town.kling.script(Script(takes_s=math.inf, times=None))
        asked = await asked_for(town, product)
        await town.card_says(asked, "🎬")
        town.clock.jump(HOUR_S)
        await town.card_says(asked, "longer than usual")
        town.clock.jump(DAY_S)
        await town.posted()
        await town.card_says(asked, "⌛")
        await town.commits.until(partial(at_rest, town))
        town.clock.jump(2 * DAY_S)
        town.kling.finish(town.kling.creates[0])
        town.clock.jump(DAY_S)
        post = (await town.posted(2))[1]
        assert post.attachments
        await town.card_says(asked, "✅")
        await town.settled()
        assert_posted_once(town.posts(), 2)
        assert len(town.kling.creates) == 1


@pytest.mark.parametrize("product", WAYS)
async def test_an_expired_address_is_asked_for_again(tmp_path: Path, product: str) -> None:
    """Before a result is called gone, its task is asked for a fresh address."""
    async with open_town(tmp_path, switches=LINKS_EXPIRE, env=ENV) as town, town.bot():
        await expires_and_is_told(town, partial(asked_for, town, product))
