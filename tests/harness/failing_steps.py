"""A worker of one lane whose step fails over and over for one job, with its waits skipped."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from bot.domain.policy.polling import PollLimits
from bot.jobs.claim import Claim
from bot.jobs.places import Places
from bot.jobs.poison import Poison
from bot.jobs.work import Work
from bot.jobs.worker import LEASE_S, JobWorker
from sandbox.clock import PATIENCE_S
from storage.job import Job, Pack
from storage.store import JobStore, Lane
from tests.harness.commits import Commits
from tests.harness.jump_clock import JumpClock

DAY_S = 86_400.0
LATE_S = 1_200.0
LIMITS = PollLimits(first_s=5.0, interval_s=5.0, late_s=LATE_S, give_up_s=DAY_S)


class Bug(Exception):
    """What nobody foresaw."""


async def told(key: str, **_facts: str | float) -> bool:
    return bool(key)


class Failing:
    """A worker of one lane whose step fails for one job; it counts, and notes other jobs."""

    def __init__(self, store: JobStore, lane: Lane) -> None:
        self.clock = JumpClock()
        self.store = store
        self.lane = lane
        self.failed = 0
        self.others: list[str] = []
        self.told: list[tuple[str, dict[str, str | float]]] = []
        self.bad = ""
        self.something = asyncio.Condition()
        self.poison = Poison(self.clock, self._tell, LIMITS)
        self.worker = self._worker()

    def _worker(self) -> JobWorker:
        lane = self.lane
        work = Work(lane, Places(self.clock, 1), self._claim(lane), self._step, name=lane.value)
        return JobWorker(
            self.store,
            self.clock,
            [work],
            lambda _: None,
            lambda _: None,
            self.poison,
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
                self.something.notify_all()
                raise Bug
            self.others.append(claim.job.id)
        await claim.save(due_at=self.clock.now() + DAY_S)

    async def _skip_wait(self, job: Job) -> None:
        fresh = await self.store.get(job.id)
        due_at = None if fresh is None else due_in(self.lane, fresh)
        if fresh is not None and fresh.lease_owner is None and due_at is not None:
            self.clock.jump(max(0.0, due_at - self.clock.now()))
            self.worker.wake()

    async def until_set_aside(self, job: Job) -> Job:
        """Run the worker, with waits skipped, until the operator is told."""
        return await self.until(job, lambda: bool(self.told))

    async def until(self, job: Job, what: Callable[[], bool]) -> Job:
        """Run the worker, with waits skipped; return the row as its steps left it."""
        self.bad = job.id
        commits = Commits()
        commits.listen_to(self.store._connections)
        self.worker = self._worker()
        working = asyncio.create_task(self.worker.run())
        skipping: asyncio.Task[None] = asyncio.create_task(
            commits.until(partial(self._skip_wait, job))
        )
        async with asyncio.timeout(PATIENCE_S), self.something:
            await self.something.wait_for(what)
        skipping.cancel()
        await self.worker.stop(1.0)
        await working
        fresh = await self.store.get(job.id)
        assert fresh is not None
        return fresh


def due_in(lane: Lane, job: Job) -> float | None:
    """Return when the lane wants the job."""
    return {Lane.CARD: job.card.due_at, Lane.SHOW: job.show_due_at}.get(lane, job.due_at)
