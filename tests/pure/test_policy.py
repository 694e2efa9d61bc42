"""What to do next, decided as values."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.outcomes import outcome_problems
from bot.domain.policy.backoff import BACKOFF_MAX_S, DAY_S, backoff_s, reconnect_s
from bot.domain.policy.delivery import (
    NONCE_WINDOW_S,
    WHISPER,
    joined_timeout_s,
    next_venue,
    past_nonce,
)
from bot.domain.policy.polling import (
    FOLLOW_UP_MAX_S,
    LOST_TASK_AGE_S,
    LOST_TASK_QUERIES_MIN,
    POLL_STRETCH_MAX,
    GiveUp,
    PollLimits,
    Wait,
    decide_running,
    is_lost,
    next_follow_up,
    next_poll_s,
    poll_again_s,
)
from bot.domain.policy.recovery import (
    CREATE_TRIES_MAX,
    LOOKS_BEFORE_UNSURE,
    NotFound,
    UnsureChoice,
    decide_not_found,
    resolve_unsure,
)
from bot.jobs.poller import gave_up_problem
from bot.messages.translations import load_translations
from storage.job import (
    WAITING_EXITS,
    Delivery,
    Job,
    State,
    Venue,
    WaitsFor,
)
from tests.harness.jobs import NOW, make_job

LIMITS = PollLimits(first_s=5.0, interval_s=5.0, late_s=1200.0, give_up_s=86_400.0)

waited = st.floats(0, 90 * DAY_S)
expected = st.none() | st.floats(1, 7_200)


# ---- waiting --------------------------------------------------------------------------------


@given(failures=st.integers(0, 10_000))
def test_backing_off_never_shrinks_and_never_passes_its_cap(failures: int) -> None:
    """Each failure waits at least as long as the one before, and no longer than the cap."""
    assert 0 < backoff_s(failures) <= backoff_s(failures + 1) <= BACKOFF_MAX_S


def test_a_shard_that_always_breaks_identifies_seldom_enough() -> None:
    """Under 200 times in a day of unforeseen errors: Discord resets the token after 1,000."""
    at, identified = 0.0, 0
    while at < DAY_S:
        identified += 1
        at += reconnect_s(identified, identified)
    assert identified < 200
    assert sum(reconnect_s(failures, failures) for failures in range(5)) < 60.0


def test_a_good_connection_that_ends_is_made_again_at_once() -> None:
    """Only failures wait, as long as backing off says."""
    assert reconnect_s(0, 0) == 0.0
    assert [reconnect_s(failures, 0) for failures in (1, 2, 3)] == [1.0, 2.0, 4.0]


@given(waited_s=waited, expected_s=expected)
def test_a_wait_between_queries_stays_within_its_stretch(
    waited_s: float, expected_s: float | None
) -> None:
    """Whatever the model and however long it takes: one to six intervals."""
    wait_s = next_poll_s(waited_s, expected_s, LIMITS)
    assert LIMITS.interval_s <= wait_s <= LIMITS.interval_s * POLL_STRETCH_MAX


@given(failures=st.integers(0, 10_000), interval_s=st.floats(0.01, 600))
def test_a_wait_after_failed_queries_stays_within_the_same_stretch(
    failures: int, interval_s: float
) -> None:
    """A Kling that does not answer is asked again within one to six intervals, too."""
    wait_s = poll_again_s(failures, replace(LIMITS, interval_s=interval_s))
    assert interval_s <= wait_s <= interval_s * POLL_STRETCH_MAX


@given(waited_s=waited, more_s=waited, expected_s=expected)
def test_who_waited_longer_asks_no_sooner(
    waited_s: float, more_s: float, expected_s: float | None
) -> None:
    """The wait never shrinks while the task runs."""
    sooner = next_poll_s(waited_s, expected_s, LIMITS)
    assert next_poll_s(waited_s + more_s, expected_s, LIMITS) >= sooner


def test_a_task_within_its_expectation_is_asked_at_the_plain_interval() -> None:
    """Until half an expected time past the expectation nothing is stretched."""
    assert next_poll_s(150.0, 100.0, LIMITS) == LIMITS.interval_s
    assert next_poll_s(300.0, 100.0, LIMITS) == LIMITS.interval_s * 2


@given(waited_s=waited)
def test_a_running_task_is_waited_for_told_late_and_given_up(waited_s: float) -> None:
    """Late after one limit, given up after the other, from the moment Kling accepted it."""
    job = make_job(submitted_at=NOW, created_at=NOW - 10 * DAY_S)
    decision = decide_running(job, NOW + waited_s, LIMITS)
    passed_s = NOW + waited_s - NOW
    if passed_s >= LIMITS.give_up_s:
        assert isinstance(decision, GiveUp)
    else:
        assert isinstance(decision, Wait)
        assert decision.late is (passed_s >= LIMITS.late_s)


@pytest.mark.parametrize(
    ("give_up_s", "told"),
    [
        (1_800.0, "for 0.5 hours"),
        (3_600.0, "for an hour"),
        (7_200.0, "for 2 hours"),
        (DAY_S, "for a day"),
        (1.7 * DAY_S, "for a day"),
        (3 * DAY_S, "for 3 days"),
    ],
)
def test_giving_up_says_how_long_it_was(give_up_s: float, told: str) -> None:
    """Hours where it is hours, and never longer than it was."""
    assert told in load_translations(strict=True).problem(gave_up_problem(give_up_s), "en-US")


@pytest.mark.parametrize(
    ("queries", "age_s", "lost"),
    [
        (LOST_TASK_QUERIES_MIN - 1, LOST_TASK_AGE_S, True),
        (LOST_TASK_QUERIES_MIN - 2, LOST_TASK_AGE_S, False),
        (LOST_TASK_QUERIES_MIN + 9, LOST_TASK_AGE_S - 1, False),
    ],
)
def test_a_task_is_lost_after_many_queries_and_a_long_time(
    *, queries: int, age_s: float, lost: bool
) -> None:
    """Neither number alone is enough, and queries without an answer don't count."""
    in_vain = {"absent": queries, "unanswered": LOST_TASK_QUERIES_MIN}
    job = make_job(in_vain=in_vain, failures=sum(in_vain.values()), submitted_at=NOW)
    assert is_lost(job, NOW + age_s) is lost


def test_a_task_that_was_given_up_is_looked_for_once_a_day_for_thirty_days() -> None:
    """The look after the thirtieth day is none."""
    job = make_job(State.DONE, gave_up=True, task_id="t", submitted_at=NOW)
    assert next_follow_up(job, NOW) == NOW + DAY_S
    assert next_follow_up(job, NOW + FOLLOW_UP_MAX_S - DAY_S) == NOW + FOLLOW_UP_MAX_S
    assert next_follow_up(job, NOW + FOLLOW_UP_MAX_S - DAY_S + 1) is None


@pytest.mark.parametrize("changes", [{"gave_up": False}, {"task_id": None}, {"stopped": True}])
def test_nobody_looks_for_what_nobody_waits_for(changes: dict[str, Any]) -> None:
    """Not given up, never created, or not followed: no daily look."""
    given_up: dict[str, Any] = {"gave_up": True, "task_id": "t", "submitted_at": NOW}
    job = make_job(State.DONE, None, **(given_up | changes))
    assert next_follow_up(job, NOW) is None


# ---- a create whose outcome is not known ----------------------------------------------------

unclear_jobs = st.builds(
    make_job,
    state=st.just(State.CREATING),
    create_tries=st.integers(1, 2 * CREATE_TRIES_MAX),
    failures=st.integers(0, 10),
    stopped=st.booleans(),
)


@given(job=unclear_jobs, proven=st.booleans(), may_appear=st.booleans())
def test_a_create_is_sent_again_only_where_its_absence_is_proven(
    *, job: Job, proven: bool, may_appear: bool
) -> None:
    """Money moves a second time only if the first task cannot exist and the member still waits."""
    decision = decide_not_found(job, proven=proven, may_appear=may_appear)
    if decision is NotFound.SEND_AGAIN:
        assert proven
        assert not job.stopped
        assert job.create_tries < CREATE_TRIES_MAX
    if job.stopped:
        assert decision in {NotFound.END, NotFound.LOOK_AGAIN}


def test_where_absence_proves_nothing_a_person_is_asked_after_some_looks() -> None:
    """A task that shows up late gets its looks; where looking is useless there is none."""
    for looks in range(LOOKS_BEFORE_UNSURE - 1):
        job = make_job(State.CREATING, in_vain={"absent": looks, "unanswered": 40}, failures=40)
        assert decide_not_found(job, proven=False, may_appear=True) is NotFound.LOOK_AGAIN
    job = make_job(State.CREATING, in_vain={"absent": LOOKS_BEFORE_UNSURE - 1})
    assert decide_not_found(job, proven=False, may_appear=True) is NotFound.ASK
    fresh = make_job(State.CREATING)
    assert decide_not_found(fresh, proven=False, may_appear=False) is NotFound.ASK


@pytest.mark.parametrize(
    ("choice", "to"),
    [
        (UnsureChoice.LOOK, State.CREATING),
        (UnsureChoice.SEND, State.QUEUED),
        (UnsureChoice.GIVE_UP, State.READY),
    ],
)
def test_each_answer_to_unsure_is_a_legal_move_that_is_due_now(
    choice: UnsureChoice, to: State
) -> None:
    """Look goes back to the look-up, send to the queue, give-up to being told."""
    state, changes = resolve_unsure(choice, NOW)
    assert state is to
    assert state in WAITING_EXITS[WaitsFor.UNSURE]
    assert changes["due_at"] == NOW
    told = [problem.code for problem in outcome_problems(changes.get("outcome"))]
    # Not that the task is lost and may be created again: it may be running, and be charged.
    assert told == (["given_up_by_owner"] if choice is UnsureChoice.GIVE_UP else [])


# ---- telling --------------------------------------------------------------------------------


@given(
    kind=st.sampled_from(["r", "p", "l", "a1", WHISPER]),
    venue=st.sampled_from([v for v in Venue if v is not Venue.PICKUP]),
    can_post=st.booleans(),
)
def test_every_way_of_places_ends_at_pickup(*, kind: str, venue: Venue, can_post: bool) -> None:
    """No place is tried twice, and the last one is where a result waits."""
    delivery = Delivery("a" * 16, kind, 0, venue)
    seen = [delivery.venue]
    while delivery.venue is not Venue.PICKUP:
        delivery = replace(delivery, venue=next_venue(delivery, can_post=can_post))
        assert delivery.venue not in seen
        seen.append(delivery.venue)


def test_a_whisper_that_cannot_be_said_is_said_in_the_channel() -> None:
    """Its first place is the answer, so the channel comes after it; where we may not, the inbox."""
    whisper = Delivery("a" * 16, WHISPER, 0, Venue.ANSWER)
    assert next_venue(whisper, can_post=True) is Venue.CHANNEL
    assert next_venue(whisper, can_post=False) is Venue.DM


def test_a_nonce_is_trusted_for_a_while_after_the_first_try() -> None:
    """A part that was never tried is in no window; one that was is, for so long."""
    part = Delivery("a" * 16, "r", 0, Venue.CHANNEL)
    assert not past_nonce(part, NOW)
    tried = replace(part, first_tried_at=NOW)
    assert not past_nonce(tried, NOW + NONCE_WINDOW_S)
    assert past_nonce(tried, NOW + NONCE_WINDOW_S + 1)


def test_a_joined_video_has_time_by_its_length() -> None:
    """A minute of work for each second, and never less than ten minutes."""
    assert [joined_timeout_s(seconds) for seconds in (0, 6, 10, 11, 60)] == [
        600.0,
        600.0,
        600.0,
        660.0,
        3_600.0,
    ]
