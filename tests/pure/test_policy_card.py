"""What a card shows, when it is due, and what may be pressed under it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.outcomes import problem_outcome
from bot.domain.policy.card import (
    CARD_CLOSED,
    card_changes,
    card_view,
    open_for_cancel,
    open_for_stop,
    token_alive,
)
from bot.errors import Problem
from storage.job import (
    TRANSITIONS,
    Card,
    Job,
    State,
    WaitsFor,
)
from tests.harness.jobs import NOW, make_job

MEDIA = {"media": [{"kind": "image"}]}
PROBLEM = problem_outcome(Problem("kling_failed", {"message": "no"}))


# ---- the card -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("job", "view"),
    [
        (make_job(State.PREPARING), "preparing"),
        (make_job(State.QUEUED), "queued"),
        (make_job(State.CREATING), "queued"),
        (make_job(State.CREATING, stopped=True), "stopping"),
        (make_job(State.RUNNING), "running"),
        (make_job(State.RUNNING, late=True), "late"),
        (make_job(State.RUNNING, late=True, stopped=True), "stopping"),
        (make_job(State.WAITING, waits_for=WaitsFor.FACE), "face"),
        (make_job(State.WAITING, waits_for=WaitsFor.UNSURE), "unsure"),
        (make_job(State.WAITING, waits_for=WaitsFor.UNSURE, stopped=True), "stopping"),
        (make_job(State.WAITING, waits_for=WaitsFor.PICKUP), "pickup"),
        (make_job(State.READY, Card(wants="running")), "running"),
        (make_job(State.POSTING, Card(wants="late")), "late"),
        (make_job(State.DONE, outcome=MEDIA), "done"),
        (make_job(State.DONE, outcome=MEDIA, gave_up=True), "done"),
        (make_job(State.DONE, outcome=PROBLEM), "problem"),
        (make_job(State.DONE, outcome=PROBLEM, gave_up=True), "gave_up"),
        (make_job(State.DONE, outcome=MEDIA, stopped=True), "stopped"),
        (make_job(State.DONE, stopped=True), "stopped"),
        (make_job(State.CANCELLED), "cancelled"),
    ],
)
def test_the_card_says_where_the_job_is(job: Job, view: str) -> None:
    """One view for each place in the life of a job."""
    assert card_view(job) == view


moves = st.sampled_from([(a, b) for a, ends in TRANSITIONS.items() for b in ends])


@given(
    move=moves,
    waits_for=st.none() | st.sampled_from(WaitsFor),
    wants=st.sampled_from(["queued", "running", "late", "done", "stopping"]),
    shows=st.sampled_from(["queued", "running", CARD_CLOSED]),
    stopped=st.booleans(),
)
def test_a_card_is_due_when_a_move_makes_it_want_something_else(
    *,
    move: tuple[State, State],
    waits_for: WaitsFor | None,
    wants: str,
    shows: str,
    stopped: bool,
) -> None:
    """A difference is due at once; a closed card wants nothing more."""
    start, end = move
    job = make_job(start, Card(wants=wants, shows=shows), stopped=stopped)
    view = card_view(replace(job, state=end, waits_for=waits_for))
    changes = card_changes(job, end, NOW, {"waits_for": waits_for})
    if shows == CARD_CLOSED or view == wants:
        assert changes == {}
    else:
        assert changes == {"card_wants": view, "card_due_at": NOW, "card_tries": 0}


def test_a_token_lives_until_its_time() -> None:
    """A token that is gone or over reaches nothing."""
    job = make_job(card=Card(token="t", token_until=NOW))
    assert token_alive(job, NOW - 1)
    assert not token_alive(job, NOW)
    assert not token_alive(make_job(card=Card(token_until=NOW + 1)), NOW)


@given(
    state=st.sampled_from(State),
    waits_for=st.sampled_from(WaitsFor),
    stopped=st.booleans(),
)
def test_cancelling_and_stopping_are_never_both_offered(
    *, state: State, waits_for: WaitsFor, stopped: bool
) -> None:
    """Before the create it is free and honest to cancel; from there on following can only stop."""
    job = make_job(state, waits_for=waits_for if state is State.WAITING else None, stopped=stopped)
    assert not (open_for_cancel(job) and open_for_stop(job))
    if open_for_cancel(job):
        assert State.CANCELLED in TRANSITIONS[state]
    if stopped:
        assert not open_for_stop(job)
