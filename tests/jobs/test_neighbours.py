"""A lane that is crowded is looked at again soon, whatever the clock says."""

from typing import cast

from bot.jobs.neighbours import LOOK_AGAIN_S, Neighbours
from storage.store import JobStore, Lane
from tests.harness.manual_clock import ManualClock

HOUR_S = 3_600.0


class Crowded:
    """A store whose due rows all have to wait."""

    async def claim(self, *_asked: object, **_more: object) -> list[object]:
        return []

    async def lanes_due(self, *_asked: object, **_more: object) -> bool:
        return True


async def test_a_clock_set_back_holds_no_crowded_lane() -> None:
    """It waits for a quarter of a second, and for nothing once that moment is an hour away."""
    clock = ManualClock()
    turns = Neighbours(cast("JobStore", Crowded()), clock, Lane.TELL, by_channel=True)
    await turns.claim(5)
    assert turns.held_until() == clock.now() + LOOK_AGAIN_S
    clock.advance(-HOUR_S)
    assert turns.held_until() is None
