"""What a refusal and a success show about Kling's places: a bound that grows again."""

from hypothesis import given
from hypothesis import strategies as st

from storage.places import Learnt, after_refusal, after_success

NOW = 1_800_000_000.0
HOUR_S = 3_600.0

counts = st.integers(1, 20)
learnt = st.none() | st.builds(Learnt, counts, st.just(NOW))


@given(in_flight=counts, slots=counts, known=learnt)
def test_a_refusal_shows_that_so_many_together_are_too_many(
    in_flight: int, slots: int, known: Learnt | None
) -> None:
    """With five in flight a sixth was refused: there are five at most, however many were thought.

    A refusal never raises what is known.
    """
    after = after_refusal(known, in_flight, slots, NOW)
    assert after is not None
    assert 1 <= after.places_at(NOW) < in_flight + slots
    assert known is None or after.places <= known.places
    assert after_refusal(None, 5, 1, NOW) == Learnt(5, NOW)


@given(known=learnt)
def test_one_that_finds_no_place_at_all_shows_nothing_about_how_many_there_are(
    known: Learnt | None,
) -> None:
    """Others have them; only the hour without a refusal begins again."""
    after = after_refusal(known, 0, 1, NOW + HOUR_S / 2)
    if known is None:
        assert after is None
    else:
        assert after == Learnt(known.places, NOW + HOUR_S / 2)


@given(count=counts, hours=st.integers(0, 50), more_s=st.floats(0.0, HOUR_S - 1.0))
def test_it_grows_by_one_after_each_hour_without_a_refusal(
    count: int, hours: int, more_s: float
) -> None:
    """Nothing that was learnt lasts; a clock that was set back takes nothing away."""
    known = Learnt(count, NOW)
    assert known.places_at(NOW + hours * HOUR_S + more_s) == count + hours
    assert known.places_at(NOW - hours * HOUR_S) == count


@given(count=counts, in_flight=counts, hours=st.integers(0, 5))
def test_a_larger_order_that_succeeds_raises_it_at_once(
    count: int, in_flight: int, hours: int
) -> None:
    """What Kling accepted together is possible; a smaller success is no news."""
    now = NOW + hours * HOUR_S
    after = after_success(Learnt(count, NOW), in_flight, now)
    assert after is not None
    assert after.places_at(now) == max(count + hours, in_flight)
    assert after_success(None, in_flight, now) is None
