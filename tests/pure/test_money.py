"""What a job holds and has spent: every step of its life, and the entries that follow from it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.errors import IllegalTransition
from storage.job import State, WaitsFor
from storage.money import (
    NONE_MADE,
    UNKNOWN,
    Amounts,
    Booking,
    Call,
    CallCost,
    EntryKind,
    Learnt,
    Verdict,
    effect,
    ended_unknown,
    entries_between,
    forgotten,
    moved_amounts,
    reserved,
    settled,
    told,
)

PRICE, CALL = 150, 5
HELD = Amounts(PRICE, PRICE)
amounts = st.integers(0, 1_000)


def after(bookings: tuple[Booking, ...], before: Amounts = HELD) -> Amounts:
    return bookings[-1].after if bookings else before


@given(
    st.builds(Amounts, st.just(PRICE), amounts, st.just(0), amounts),
    st.lists(st.builds(Amounts, st.just(PRICE), amounts, st.just(0), amounts), max_size=4),
)
def test_entries_add_up_to_what_changed(before: Amounts, path: list[Amounts]) -> None:
    """The identity: effects of all entries are the difference; each kind has its one sign."""
    lines = entries_between(before, tuple(Booking(one) for one in path))
    last = path[-1] if path else before
    effects = [effect(line.kind, line.units) for line in lines]
    assert sum(one.held for one in effects) == last.held - before.held
    assert sum(one.spent for one in effects) == last.spent - before.spent
    for line in lines:
        assert line.units != 0
        if line.kind in {EntryKind.RESERVED, EntryKind.SPENT}:
            assert line.units > 0
        if line.kind in {EntryKind.GIVEN_BACK, EntryKind.CREDIT}:
            assert line.units < 0


@pytest.mark.parametrize(
    ("verdict", "spent"),
    [
        (NONE_MADE, 0),
        (Verdict(Learnt.SUCCEEDED), PRICE),
        (Verdict(Learnt.SUCCEEDED, 90), 90),
        (Verdict(Learnt.SUCCEEDED, 400), 400),
        (Verdict(Learnt.FAILED), 0),
        (Verdict(Learnt.FAILED, 70), 70),
    ],
)
def test_what_kling_says_counts(verdict: Verdict, spent: int) -> None:
    """Its deduction, for a failed task too; silent, a success costs its price, else nothing."""
    ended = after(settled(HELD, verdict))
    assert (ended.held, ended.spent) == (0, spent)


def test_what_is_not_known_stays_reserved_until_it_is_too_old() -> None:
    """Then it is spent at its price, and an answer that comes later corrects exactly that."""
    assert settled(HELD, UNKNOWN) == ()
    old = after(ended_unknown(HELD))
    assert (old.held, old.spent) == (0, PRICE)
    for said, spent in ((None, PRICE), (20, 20), (200, 200)):
        late = after(settled(old, Verdict(Learnt.SUCCEEDED, said)))
        assert (late.held, late.spent) == (0, spent)
    assert after(settled(old, Verdict(Learnt.FAILED))).spent == 0


def test_an_answer_that_comes_twice_counts_once() -> None:
    """The second answer about the same task replaces the first."""
    once = after(settled(HELD, Verdict(Learnt.SUCCEEDED, 90)))
    assert after(settled(once, Verdict(Learnt.SUCCEEDED, 90))).spent == 90
    assert after(settled(once, Verdict(Learnt.SUCCEEDED, 60))).spent == 60


def test_sending_again_reserves_a_second_time() -> None:
    """The first create may have cost as much: it stays held until nobody can know it any more."""
    unsure = moved_amounts(HELD, State.WAITING, State.QUEUED, WaitsFor.UNSURE)
    twice = after(unsure)
    assert (twice.held, twice.unclear) == (2 * PRICE, PRICE)
    ended = after(settled(twice, Verdict(Learnt.SUCCEEDED, 100)))
    assert (ended.held, ended.spent) == (PRICE, 100)
    assert after(ended_unknown(ended)).spent == 100 + PRICE
    refused = after(settled(twice, NONE_MADE))
    assert (refused.held, refused.spent) == (PRICE, 0)
    found = after(moved_amounts(twice, State.QUEUED, State.RUNNING))
    assert (found.held, found.unclear) == (PRICE, 0)


@pytest.mark.parametrize(
    ("from_state", "waits_for"),
    [(State.PREPARING, None), (State.QUEUED, None), (State.WAITING, WaitsFor.FACE)],
)
@pytest.mark.parametrize("to", [State.READY, State.CANCELLED])
def test_what_was_not_sent_is_given_back(
    from_state: State, waits_for: WaitsFor | None, to: State
) -> None:
    """Refused before the create, or cancelled: nothing is held and nothing was spent."""
    ended = after(moved_amounts(HELD, from_state, to, waits_for))
    assert (ended.held, ended.spent) == (0, 0)


@pytest.mark.parametrize("state", [State.CREATING, State.RUNNING, State.DONE])
def test_no_step_ends_without_saying_what_it_cost(state: State) -> None:
    """Where there may be a task, a move to an outcome that is silent about it is a mistake."""
    with pytest.raises(IllegalTransition):
        moved_amounts(HELD, state, State.READY)


def test_calls_are_paid_from_the_price_once() -> None:
    """The first call is part of the price; every other is reserved and spent in one."""
    job = reserved(PRICE, CALL).after
    first = after(told(job, Call(CALL)))
    assert (first.held, first.spent) == (PRICE, CALL)
    second = after(told(first, Call(CALL)))
    assert (second.held, second.spent) == (PRICE, 2 * CALL)
    undone = after(told(second, CallCost(-CALL)))
    assert (undone.held, undone.spent) == (PRICE, CALL)
    assert after(settled(undone, Verdict(Learnt.SUCCEEDED))).spent == PRICE + CALL


@pytest.mark.parametrize(
    ("state", "waits_for", "answered", "spent"),
    [
        (State.QUEUED, None, True, 0),
        (State.WAITING, WaitsFor.FACE, True, 0),
        (State.QUEUED, None, False, 0),
        (State.CREATING, None, True, PRICE),
        (State.RUNNING, None, True, PRICE),
        (State.WAITING, WaitsFor.UNSURE, True, PRICE),
        (State.DONE, None, True, PRICE),
    ],
)
def test_what_is_forgotten_is_settled_at_once(
    state: State, waits_for: WaitsFor | None, *, answered: bool, spent: int
) -> None:
    """Not sent is given back; sent, or not clear, is spent at its price; nothing stays held."""
    gone = after(forgotten(HELD, state, waits_for, answered=answered))
    assert (gone.held, gone.spent) == (0, spent)
