"""Hiding a result, killed at its commits and at its request to Discord."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.harness.recovery import daily_plays, routes
from tests.harness.recovery.moments import Moment, When, Where
from tests.harness.recovery.story import Story
from tests.harness.recovery.trial import open_stage

MOMENTS = (
    Moment(Where.COMMIT, "insert hidden", 1, When.AFTER),
    Moment(Where.DISCORD, f"PATCH {routes.EDIT_POST}", 1, When.AFTER),
    Moment(Where.COMMIT, "hidden: tries", 1, When.BEFORE),
)


@pytest.mark.parametrize(
    "moments",
    [
        pytest.param(MOMENTS[:1], id="one"),
        pytest.param(MOMENTS[1:], id="others", marks=pytest.mark.sweep),
    ],
)
async def test_a_result_is_hidden_wherever_it_dies(
    moments: Sequence[Moment], tmp_path: Path
) -> None:
    """Its files are behind a spoiler in the end, and nothing of it is posted twice."""
    async with open_stage(Story(daily_plays.hidden), tmp_path) as stage:
        for moment in moments:
            assert await stage.play(moment), f"it never came to: {moment}"
