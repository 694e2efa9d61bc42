"""The places of a lane: those that wait for an outsider hold none."""

from bot.jobs.places import Places
from tests.harness.manual_clock import ManualClock

PATIENCE_S = 1.0


def places(clock: ManualClock) -> Places:
    return Places(clock, at_once=2, patience_s=PATIENCE_S, in_all=5)


def test_a_step_that_takes_long_gives_its_place_back() -> None:
    """It still counts towards how many there may be in all."""
    clock = ManualClock()
    lane = places(clock)
    lane.begin("a")
    lane.begin("b")
    assert lane.free() == 0
    assert lane.next_free_at() == clock.now() + PATIENCE_S
    clock.advance(PATIENCE_S)
    assert lane.free() == 2
    for name in "cd":
        lane.begin(name)
    clock.advance(PATIENCE_S)
    assert lane.free() == 1
    lane.begin("e")
    assert lane.free() == 0
    assert lane.next_free_at() is None
    lane.end("a")
    assert lane.free() == 1


def test_a_clock_set_back_stretches_nothing() -> None:
    """A step that seems to begin in the future has waited for who knows how long."""
    clock = ManualClock()
    lane = places(clock)
    lane.begin("a")
    lane.begin("b")
    clock.advance(-3_600.0)
    assert lane.free() == 2


def test_without_patience_a_step_holds_its_place_to_its_end() -> None:
    """What everybody waits for alike is asked no more often because it is slow."""
    clock = ManualClock()
    lane = Places(clock, at_once=1)
    lane.begin("a")
    clock.advance(3_600.0)
    assert lane.free() == 0
    assert lane.next_free_at() is None
    lane.end("a")
    assert lane.free() == 1
