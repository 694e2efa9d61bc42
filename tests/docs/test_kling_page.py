"""`docs/kling.md`: an answer costs what the page says, and the steps that it names are there."""

import re
from decimal import Decimal
from pathlib import Path

import pytest

from bot.domain.catalogue import for_model, price
from bot.domain.requests import VideoRequest
from tests.commands.live.steps import STEPS
from tests.harness.models import CATALOGUE

PAGE = " ".join((Path(__file__).parents[2] / "docs" / "kling.md").read_text("utf-8").split())
CLIPS = re.findall(r"`(kling-[\w.-]+)`, (\d+) s \(([\d.]+) units\)", PAGE)


@pytest.mark.parametrize(("model", "seconds", "units"), sorted({*CLIPS}))
def test_a_clip_costs_what_the_page_says(model: str, seconds: str, units: str) -> None:
    """An owner who decides to find out knows what it costs."""
    clip = for_model(CATALOGUE, VideoRequest("x", model, duration_s=int(seconds)), model)
    found = price(CATALOGUE, clip)
    assert found is not None
    assert found.units == Decimal(units)


def test_every_step_that_is_named_is_there() -> None:
    """`make live` has a step of that name."""
    named = re.findall(r"step `([^`]+)`", PAGE)
    assert len(CLIPS) >= 3
    assert len(named) >= 5
    assert set(named) <= {step.name for step in STEPS}
