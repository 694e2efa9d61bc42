"""The background loop: sleeps until the earliest due row, then hands each due row to its step.

No fixed tick and no task per job: a task exists only while a step runs. Rows are claimed by lease
and the lease is renewed while the step runs, so that whatever dies is picked up by somebody else.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import structlog

from bot.clock import Clock
from bot.policy import backoff_s
from storage.errors import ClaimLost, StorageError
from storage.job import Job
from storage.rows import StepChanges
from storage.store import JobStore, Lane

LEASE_S: Final = 60.0
RENEW_EVERY_S: Final = LEASE_S / 3
IDLE_MAX_S: Final = 30.0
"""Other processes may add work to a shared database; this bounds how late we notice."""

log = structlog.get_logger(__name__)


class Step(Protocol):
    """What is done with one claimed row; it moves or saves the row, which releases the lease."""

    def __call__(self, job: Job) -> Awaitable[None]:
        """Do the step. `ClaimLost` means somebody else moved the row: nothing is owed any more."""
        ...


def never_held() -> float | None:
    """Tell that a line of work never pauses."""
    return None


@dataclass(frozen=True, slots=True)
class Work:
    """One line of work: how its rows are claimed, how many at once, and what is done with each."""

    lane: Lane
    at_once: int
    claim: Callable[[int], Awaitable[list[Job]]]
    step: Step
    held_until: Callable[[], float | None] = never_held
    """Unix seconds before which nothing is to be claimed, for an account that asked us to wait."""
    name: str = ""


class Loop:
    """Runs lines of work until `stop`; one row's failure never ends it."""

    def __init__(self, store: JobStore, clock: Clock, works: Sequence[Work]) -> None:
        self._store = store
        self._clock = clock
        self._works = works
        self._busy: Counter[int] = Counter()
        self._under_way: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self._stopping = False

    def wake(self) -> None:
        """Look at the store again now: an earlier row may have appeared, or a slot is free."""
        self._wake.set()

    async def run(self) -> None:
        """Work until `stop` is called, then return once every step under way has ended."""
        while not self._stopping:
            self._wake.clear()
            try:
                for index, work in enumerate(self._works):
                    await self._claim(index, work)
                pause_s = await self._pause_s()
            except StorageError:
                log.exception("loop.storage")
                pause_s = backoff_s(2)
            await self._sleep(pause_s)
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def stop(self, grace_s: float) -> None:
        """Claim nothing more; let steps end for `grace_s`, then cancel them (leases run out)."""
        self._stopping = True
        self.wake()
        if self._tasks:
            _, left = await asyncio.wait(self._tasks, timeout=grace_s)
            for task in left:
                task.cancel()
            if left:
                await asyncio.wait(left)

    async def _claim(self, index: int, work: Work) -> None:
        free = work.at_once - self._busy[index]
        held_until = work.held_until()
        if free <= 0 or (held_until is not None and held_until > self._clock.now()):
            return
        for job in await work.claim(free):
            if job.id in self._under_way:
                continue  # its lease ran out while we were stopped in mid-step; the step goes on
            self._busy[index] += 1
            self._under_way.add(job.id)
            task = asyncio.create_task(self._run_step(index, work, job), name=f"step {job.id}")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pause_s(self) -> float:
        now = self._clock.now()
        moments = [now + IDLE_MAX_S]
        lanes = []
        for index, work in enumerate(self._works):
            if self._busy[index] >= work.at_once:
                continue  # a step that ends wakes the loop
            held_until = work.held_until()
            if held_until is not None and held_until > now:
                moments.append(held_until)
            else:
                lanes.append(work.lane)
        due = await self._store.next_due(lanes, now=now)
        if due is not None:
            moments.append(due)
        return max(0.0, min(moments) - now)

    async def _sleep(self, seconds: float) -> None:
        sleeping = asyncio.ensure_future(self._clock.sleep(seconds))
        waking = asyncio.ensure_future(self._wake.wait())
        try:
            await asyncio.wait({sleeping, waking}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for waiter in (sleeping, waking):
                waiter.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await waiter

    async def _run_step(self, index: int, work: Work, job: Job) -> None:
        renewing = asyncio.create_task(self._renew(job))
        with structlog.contextvars.bound_contextvars(job_id=job.id, work=work.name or work.lane):
            try:
                await work.step(job)
            except ClaimLost:
                log.info("step.claim_lost")
            except Exception:
                # A mistake of ours or a fault nobody foresaw: the row stays and is tried again.
                log.exception("step.failed")
                await self._put_back(work, job)
            finally:
                renewing.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await renewing
                self._busy[index] -= 1
                self._under_way.discard(job.id)
                self.wake()

    async def _renew(self, job: Job) -> None:
        while True:
            await self._clock.sleep(RENEW_EVERY_S)
            try:
                await self._store.renew(job, until=self._clock.now() + LEASE_S)
            except StorageError:
                return  # the step's next write finds out

    async def _put_back(self, work: Work, job: Job) -> None:
        now = self._clock.now()
        again_at = now + backoff_s(job.failures + 2)
        changes: StepChanges = (
            {"card_due_at": again_at, "card_tries": job.card.tries + 1}
            if work.lane is Lane.CARD
            else {"due_at": again_at, "failures": job.failures + 1}
        )
        with contextlib.suppress(StorageError):
            fresh = await self._store.get(job.id)
            if fresh is not None:
                await self._store.save(fresh, now=now, **changes)
