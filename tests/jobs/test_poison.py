"""Laws of a job whose step fails over and over because of a bug."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Protocol

import pytest

from bot.background import kept_running
from bot.jobs.claim import Claim
from bot.jobs.places import Places
from bot.jobs.poison import FAILURES_MAX, Poison
from bot.jobs.work import Work
from bot.jobs.worker import LEASE_S, JobWorker
from sandbox.clock import PATIENCE_S
from storage.engine import open_database
from storage.job import Job, Pack, State, WaitsFor
from storage.store import JobStore, Lane
from tests.harness.commits import Commits
from tests.harness.jump_clock import JumpClock
from tests.harness.storage.making import answered, make_job, posting, ready, running

DAY_S = 86_400.0


class Made(Protocol):
    """Brings the head of the queue somewhere, still held."""

    async def __call__(self, store: JobStore, *, now: float) -> Job: ...


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[JobStore]:
    async with open_database(f"sqlite:///{tmp_path / 'kling.db'}", owner="bot") as database:
        yield database.jobs


class Bug(Exception):
    """What nobody foresaw."""


class Failing:
    """A worker of one lane whose step fails for one job; it counts, and notes other jobs."""

    def __init__(self, store: JobStore, lane: Lane) -> None:
        self.clock = JumpClock()
        self.store = store
        self.failed = 0
        self.others: list[str] = []
        self.told: list[tuple[str, dict[str, str | float]]] = []
        self.bad = ""
        self.something = asyncio.Condition()
        poison = Poison(self.clock, self._tell)
        work = Work(lane, Places(self.clock, 1), self._claim(lane), self._step, name=lane.value)
        self.worker = JobWorker(
            store,
            self.clock,
            [work],
            lambda _: None,
            lambda _: None,
            poison,
            on_failure=lambda _: None,
        )

    def _claim(self, lane: Lane) -> Callable[[int], Awaitable[list[Job]]]:
        async def claim(limit: int) -> list[Job]:
            if lane is Lane.QUEUE:
                return await self.store.claim_queued(
                    Pack.VIDEO, total_slots=1, now=self.clock.now(), lease_s=LEASE_S, limit=limit
                )
            return await self.store.claim(lane, now=self.clock.now(), lease_s=LEASE_S, limit=limit)

        return claim

    async def _tell(self, key: str, **facts: str | float) -> bool:
        async with self.something:
            self.told.append((key, facts))
            self.something.notify_all()
        return True

    async def _step(self, claim: Claim) -> None:
        async with self.something:
            if claim.job.id == self.bad:
                self.failed += 1
                raise Bug
            self.others.append(claim.job.id)
        await claim.save(due_at=self.clock.now() + DAY_S)

    async def _skip_wait(self, job: Job) -> None:
        fresh = await self.store.get(job.id)
        if fresh is not None and fresh.lease_owner is None and fresh.due_at is not None:
            self.clock.jump(max(0.0, fresh.due_at - self.clock.now()))
            self.worker.wake()

    async def until_set_aside(self, job: Job) -> Job:
        """Run the worker, with waits skipped, until the operator is told."""
        self.bad = job.id
        commits = Commits()
        commits.listen_to(self.store._connections)
        working = asyncio.create_task(self.worker.run())
        skipping: asyncio.Task[None] = asyncio.create_task(
            commits.until(partial(self._skip_wait, job))
        )
        async with asyncio.timeout(PATIENCE_S), self.something:
            await self.something.wait_for(lambda: self.told)
        skipping.cancel()
        await self.worker.stop(1.0)
        await working
        fresh = await self.store.get(job.id)
        assert fresh is not None
        return fresh


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
    """It may cost and may still come: its card says that it takes longer, and nobody pays twice."""
    failing = Failing(store, Lane.POLL)
    job = await brought(running, store, failing.clock.now())
    fresh = await failing.until_set_aside(job)
    assert (fresh.state, fresh.late) == (State.RUNNING, True)
    assert fresh.due_at is not None
    assert fresh.due_at - fresh.updated_at == pytest.approx(DAY_S)


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


async def test_a_background_task_that_fails_is_begun_again() -> None:
    """However it fails, it runs again, and each failure is told."""
    clock, runs = JumpClock(), 0
    told: list[str] = []
    done = asyncio.Event()

    async def work() -> None:
        nonlocal runs
        runs += 1
        if runs == 3:
            done.set()
            await asyncio.Event().wait()
        raise Bug

    keeping = asyncio.create_task(kept_running("purge", work, clock, told.append))
    while not done.is_set():
        clock.jump(600.0)
        await asyncio.sleep(0)
    assert told == ["purge", "purge"]
    keeping.cancel()
