"""Laws of a job whose step fails over and over because of a bug."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Protocol

import pytest

from bot.domain.policy.card import CARD_CLOSED
from bot.jobs.claim import Claim
from bot.jobs.poison import FAILURES_MAX, Poison
from bot.jobs.transitions import Transitions
from storage.engine import open_database
from storage.job import CARD_GONE, Job, Pack, State, WaitsFor
from storage.store import JobStore, Lane
from tests.harness.failing_steps import DAY_S, LATE_S, LIMITS, Failing, due_in, told
from tests.harness.manual_clock import ManualClock
from tests.harness.storage.making import (
    answered,
    claimed,
    fetched,
    make_job,
    posting,
    ready,
    running,
    sent,
)


class Made(Protocol):
    """Brings the head of the queue somewhere, still held."""

    async def __call__(self, store: JobStore, *, now: float) -> Job: ...


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[JobStore]:
    async with open_database(f"sqlite:///{tmp_path / 'kling.db'}", owner="bot") as database:
        yield database.jobs


async def brought(made: Made, store: JobStore, now: float) -> Job:
    await answered(store, make_job(created_at=now))
    job = await made(store, now=now)
    await store.let_go(job)
    return job


async def preparing(store: JobStore, now: float) -> Job:
    return await answered(store, make_job(created_at=now, state=State.PREPARING))


async def test_a_job_that_was_never_sent_is_refused(store: JobStore) -> None:
    """After ten failures the member hears of it, and the operator is told once."""
    failing = Failing(store, Lane.PREPARE)
    job = await preparing(store, failing.clock.now())
    fresh = await failing.until_set_aside(job)
    assert failing.failed == FAILURES_MAX
    assert fresh.state is State.READY
    assert (fresh.outcome or {})["problems"][0]["code"] == "internal_error"
    assert failing.told == [("operator.set_aside", {"job": job.id})]


async def test_a_job_whose_create_may_have_made_a_task_is_not_refused(store: JobStore) -> None:
    """It waits in the queue to be sent again, and is tried daily: its units stay held."""
    failing = Failing(store, Lane.QUEUE)
    job = await answered(store, make_job(created_at=failing.clock.now(), create_tries=1))
    fresh = await failing.until_set_aside(job)
    assert (fresh.state, fresh.late, fresh.outcome) == (State.QUEUED, True, None)
    assert fresh.due_at is not None
    assert fresh.due_at - fresh.updated_at == pytest.approx(DAY_S)


async def test_a_task_that_runs_is_asked_for_daily(store: JobStore) -> None:
    """It may cost and may still come: its card says that it takes longer, and nobody pays twice.

    Before that it is tried once its task has surely ended, which frees its slot. Each day has one
    try, and there is one notice.
    """
    failing = Failing(store, Lane.POLL)
    job = await brought(running, store, failing.clock.now())
    fresh = await failing.until_set_aside(job)
    assert (fresh.state, fresh.late) == (State.RUNNING, True)
    assert fresh.due_at == job.created_at + LATE_S
    assert await store.slots_in_use(job.pack) == 1
    for tries in (1, 2):
        failing.clock.jump((fresh.due_at or 0.0) - failing.clock.now())
        before = failing.failed

        def tried(before: int = before) -> bool:
            return failing.failed > before

        fresh = await failing.until(job, tried)
        assert failing.failed == FAILURES_MAX + tries
        assert fresh.due_at is not None
        assert fresh.due_at - fresh.updated_at == pytest.approx(DAY_S)
        assert await store.slots_in_use(job.pack) == 0
    assert failing.told == [("operator.set_aside", {"job": job.id})]


async def test_jobs_set_aside_do_not_stop_the_pack(store: JobStore) -> None:
    """Once their tasks have surely ended, none of them holds a slot, and not a moment before.

    That is so wherever their steps fail; what is sent again afterwards holds one again.
    """
    clock = ManualClock()

    poison, transitions = Poison(clock, told, LIMITS), Transitions(store, clock)
    held = [await _held(store, made, clock.now()) for made in (sent, running, _unsure)]
    lanes = (Lane.CREATE, Lane.POLL, Lane.ASK)
    for lane, job in zip(lanes, held, strict=True):
        await poison.set_aside(lane, Claim(job, transitions))
    assert [(await fetched(store, job)).due_at for job in held] == [clock.now() + LATE_S] * 3
    assert await store.slots_in_use(Pack.VIDEO) == 3
    clock.advance(LATE_S)
    for lane in lanes:
        await poison.set_aside(
            lane, Claim(await claimed(store, lane, now=clock.now()), transitions)
        )
    assert await store.slots_in_use(Pack.VIDEO) == 0
    clock.advance(DAY_S)
    lost = await claimed(store, Lane.CREATE, now=clock.now())
    back = await store.move(lost, State.QUEUED, now=clock.now())
    assert not back.gave_up
    await sent(store, now=clock.now())
    assert await store.slots_in_use(Pack.VIDEO) == 1


async def _held(store: JobStore, made: Made, now: float) -> Job:
    await answered(store, make_job(created_at=now))
    return await made(store, now=now)


async def _unsure(store: JobStore, *, now: float) -> Job:
    job = await sent(store, now=now)
    return await store.move(
        job,
        State.WAITING,
        now=now,
        keep=True,
        waits_for=WaitsFor.UNSURE,
        waits_until=now + DAY_S,
    )


async def test_a_card_that_cannot_be_made_is_tried_daily(store: JobStore) -> None:
    """Ten tries, later each time; then once a day until it shows another view; the job goes on."""
    failing = Failing(store, Lane.CARD)
    now = failing.clock.now()
    await answered(store, make_job(created_at=now))
    job = await running(store, now=now)
    await store.save(job, now=now, card_wants="late", card_due_at=now)
    fresh = await failing.until_set_aside(job)
    assert failing.failed == FAILURES_MAX
    assert fresh.card.shows != CARD_CLOSED
    assert fresh.card.due_at is not None
    assert fresh.card.due_at - failing.clock.now() > DAY_S / 2
    assert (fresh.state, fresh.due_at, fresh.failures) == (State.RUNNING, job.due_at, 0)
    # Four seconds, doubled up to a minute: those before the last try.
    assert failing.clock.now() - now >= 4.0 + 8.0 + 16.0 + 32.0 + 5 * 60.0
    assert failing.told == [("operator.card_set_aside", {"job": job.id})]


async def test_the_card_of_an_ended_job_is_left_as_it_is(store: JobStore) -> None:
    """After ten tries it wants nothing more: the job has nothing else to show there."""
    failing = Failing(store, Lane.CARD)
    now = failing.clock.now()
    await answered(store, make_job(created_at=now))
    held = await posting(store, now=now)
    job = await store.move(held, State.DONE, now=now, card_wants="done", card_due_at=now)
    fresh = await failing.until_set_aside(job)
    assert (fresh.card.shows, fresh.card.due_at) == (CARD_CLOSED, None)


@pytest.mark.parametrize(
    ("lane", "notice"),
    [(Lane.CARD, "operator.removal_set_aside"), (Lane.SHOW, "operator.copy_set_aside")],
)
async def test_what_is_still_owed_is_tried_daily(store: JobStore, lane: Lane, notice: str) -> None:
    """A message that its member wants gone, and a copy for the showcase, are not forgotten."""
    failing = Failing(store, lane)
    now = failing.clock.now()
    await answered(store, make_job(created_at=now))
    job = await posting(store, now=now)
    if lane is Lane.CARD:
        job = await store.move(job, State.DONE, now=now, card_wants=CARD_GONE, card_due_at=now)
    else:
        job = await store.move(job, State.DONE, now=now, card_due_at=None, show_due_at=now)
    fresh = await failing.until_set_aside(job)
    assert failing.failed == FAILURES_MAX
    due_at = due_in(lane, fresh)
    assert due_at is not None
    assert due_at - fresh.updated_at == pytest.approx(DAY_S)
    assert failing.told == [(notice, {"job": job.id})]


def test_a_step_that_passes_beside_does_not_hide_one_that_fails() -> None:
    """Tries are counted for each lane: the card's success says nothing of the job's own step."""
    job, poison = make_job(), Poison(ManualClock(), told, LIMITS)
    for _ in range(FAILURES_MAX - 1):
        assert not poison.failed(Lane.POLL, job)
        poison.passed(Lane.CARD, job)
    assert poison.failed(Lane.POLL, job)
    poison.passed(Lane.POLL, job)
    assert not poison.failed(Lane.POLL, job)


@pytest.mark.parametrize("made", [ready, posting])
async def test_what_cannot_be_told_waits_to_be_picked_up(store: JobStore, made: Made) -> None:
    """A finished job holds up no other: it is in `/jobs`."""
    failing = Failing(store, Lane.TELL)
    job = await brought(made, store, failing.clock.now())
    fresh = await failing.until_set_aside(job)
    assert (fresh.state, fresh.waits_for) == (State.WAITING, WaitsFor.PICKUP)


async def test_others_go_on_meanwhile(store: JobStore) -> None:
    """Another row of the lane is worked on between the tries of the bad one."""
    failing = Failing(store, Lane.PREPARE)
    job = await preparing(store, failing.clock.now())
    other = await preparing(store, failing.clock.now())
    await failing.until_set_aside(job)
    assert other.id in failing.others
