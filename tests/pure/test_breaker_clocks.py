"""While Kling refuses, a clock that is set back or behind neither holds jobs nor sends more."""

import pytest

from bot.domain.breaker import AWAY_JOBS, BUSY_TOLD_S, PROBE_S, Breaker
from bot.errors import KlingRefusedAccount
from storage.clocks import CLOCKS_APART_S
from storage.holds import Holds
from storage.job import Pack

NOW = 1_800_000_000.0
HOUR_S = 3_600.0
VIDEO, IMAGE = Pack.VIDEO, Pack.IMAGE
PROBE = "the probe"
OTHER = "sent before it opened"
MODEL = "kling-v2-6"
ARREARS, TOO_FEW = (KlingRefusedAccount("no", code=code, http_status=429) for code in (1101, 1102))


def away(at: float = NOW) -> Breaker:
    breaker = Breaker()
    for number in range(AWAY_JOBS):
        breaker.unanswered(f"job {number}", at)
    return breaker


def every_kind(at: float) -> Breaker:
    """Return a breaker with a circuit of everything, a pack, dear jobs of another and a model."""
    breaker = away(at)
    breaker.refused(OTHER, ARREARS, IMAGE, at)
    breaker.refused(OTHER, TOO_FEW, Pack.AUDIO, at, 500)
    breaker.busy(OTHER, VIDEO, MODEL, at)
    return breaker


@pytest.mark.parametrize("back_s", [HOUR_S, 365 * 24 * HOUR_S])
@pytest.mark.parametrize("probing", [False, True])
def test_a_clock_set_back_holds_nothing_for_longer(back_s: float, *, probing: bool) -> None:
    """While a circuit is open, or is probed: the next probe goes at once, and has its minute."""
    breaker = every_kind(NOW)
    for pack in Pack:
        if probing:
            breaker.go(OTHER, pack, NOW, MODEL, 500)
    now = NOW - back_s
    assert breaker.held_until(None, now) is None
    for pack in Pack:
        assert breaker.held_until(pack, now, MODEL, 500) is None
        assert breaker.next_probe_at(pack, now) is None
        assert breaker.room(pack, 5, now) == 1
    assert breaker.holds(VIDEO, now) == Holds({MODEL: 1})
    assert breaker.holds(Pack.AUDIO, now) == Holds({}, 500, 1)
    breaker.go(PROBE, VIDEO, now, MODEL)
    assert breaker.held_until(VIDEO, now, MODEL) == now + PROBE_S
    breaker.busy(PROBE, VIDEO, MODEL, now)
    assert breaker.held_until(VIDEO, now, MODEL) == now + 2.0


def test_a_clock_that_is_seconds_behind_sends_no_second_probe() -> None:
    """The minute of another process's probe counts, though by this clock it is a little longer."""
    breaker = away()
    breaker.go(PROBE, VIDEO, NOW + 60.0)
    behind = NOW + 60.0 - CLOCKS_APART_S
    assert breaker.held_until(VIDEO, behind) == NOW + 60.0 + PROBE_S
    assert breaker.room(VIDEO, 5, behind) == 0


def test_a_clock_set_back_delays_no_notice_of_a_busy_model() -> None:
    """Ten minutes from the moment at which it is busy by the clock that counts now."""
    breaker = Breaker()
    breaker.busy(OTHER, VIDEO, MODEL, NOW)
    now = NOW - HOUR_S
    breaker.busy(OTHER, VIDEO, MODEL, now)
    assert breaker.untold(now + BUSY_TOLD_S - 1.0) == []
    assert len(breaker.untold(now + BUSY_TOLD_S)) == 1
