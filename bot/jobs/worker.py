"""The background loop: sleeps until the earliest due row, then hands each due row to its step.

No fixed tick and no task per job: a task exists only while a step runs. Rows are claimed by lease,
and the lease is renewed while the step runs, so that after a crash another process takes the row.
"""

import asyncio
import contextlib
import math
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import structlog

from bot.background import cancelled
from bot.clock import Clock
from bot.domain.policy.backoff import BACKOFF_MAX_S, DAY_S, backoff_s
from bot.jobs.apart import Apart
from bot.jobs.claim import Claim
from bot.jobs.poison import Poison
from bot.jobs.transitions import Transitions
from bot.jobs.work import Work, nothing
from storage.errors import ClaimLost, RowUnreadable, StorageError, StorageUnavailable
from storage.job import Job
from storage.lanes import Lane
from storage.rows import StepChanges
from storage.store import JobStore
from storage.waits import Longest

LEASE_S: Final = 60.0
RENEW_EVERY_S: Final = LEASE_S / 3
LONGEST: Final = Longest(BACKOFF_MAX_S, DAY_S, LEASE_S, slots_kept_s=DAY_S)
LOOK_EVERY_S: Final = 0.05
"""At most this often, even if it is woken more: a look takes milliseconds that a member's answer
may wait for."""
IDLE_MAX_S: Final = 30.0
"""An operator's shell may add work to the database; this limits how late we notice."""
IDLE_SHARED_S: Final = 2.0
"""The same where other processes work on the database, in case no wake-up of theirs is heard."""

TROUBLE_PAUSE_S: Final = 4.0
"""How long the loop pauses if the database can't be used."""
OUTAGES: Final = "outages"
"""What is found out before a look, as the operator is told of its failure."""
WHOLE: Final = "jobs"
"""The look itself, likewise."""

log = structlog.get_logger(__name__)


class JobWorker:
    """Processes all lanes until `stop`; one row's failure never ends it."""

    def __init__(
        self,
        store: JobStore,
        clock: Clock,
        works: Sequence[Work],
        on_trouble: Callable[[StorageUnavailable], None],
        on_unreadable: Callable[[RowUnreadable], None],
        poison: Poison,
        *,
        on_failure: Callable[[str], None],
        longest: Longest = LONGEST,
        before_look: Callable[[], Awaitable[None]] = nothing,
    ) -> None:
        self._store = store
        self._transitions = Transitions(store, clock)
        self._clock = clock
        self._works = works
        self._on_trouble = on_trouble
        self._on_unreadable = on_unreadable
        self._poison = poison
        self._on_failure = on_failure
        self._apart = Apart(clock, on_failure)
        self._longest = longest
        self._before_look = before_look
        self._idle_max_s = IDLE_SHARED_S if store.shared else IDLE_MAX_S
        self._looked_at = math.inf
        self._under_way: set[str] = set()
        self._claimed_again: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self._stopping = False
        self._claims_no_more = asyncio.Event()
        self._claims_no_more.set()

    def wake(self) -> None:
        """Look at the store again now: an earlier row may have appeared, or a slot is free."""
        self._wake.set()

    async def run(self) -> None:
        """Work until `stop` is called, then return once every running step has ended."""
        self._claims_no_more.clear()
        try:
            while not self._stopping:
                self._wake.clear()
                next_look_at = await self._look()
                if not self._stopping:
                    await self._clock.sleep(LOOK_EVERY_S)
                    # The clock may have been set back meanwhile: the moment is then hours away.
                    await self._sleep(min(next_look_at - self._clock.now(), self._idle_max_s))
        finally:
            self._claims_no_more.set()
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def stop(self, grace_s: float, hurry: asyncio.Event | None = None) -> None:
        """Claim nothing more; let steps end for `grace_s`, then cancel them and release the rows.

        `hurry` cuts the grace short.
        """
        self._stopping = True
        self.wake()
        await self._claims_no_more.wait()
        await self._drained(grace_s, hurry or asyncio.Event())
        left = set(self._tasks)
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left)

    async def _drained(self, grace_s: float, hurry: asyncio.Event) -> None:
        """Return once every step has ended, or time is up."""
        hurrying = asyncio.ensure_future(hurry.wait())
        try:
            async with asyncio.timeout(grace_s):
                while self._tasks and not hurrying.done():
                    await asyncio.wait(
                        {*self._tasks, hurrying}, return_when=asyncio.FIRST_COMPLETED
                    )
        except TimeoutError:
            log.info("worker.grace_is_over", steps=len(self._tasks))
        finally:
            await cancelled(hurrying)

    async def _look(self) -> float:
        """Claim what is due and return when to look again; errors are waited out, never fatal.

        A lane that can't be claimed keeps no other from its turn.
        """
        try:
            await self._cut_waits()
            if self._apart.held_until(OUTAGES) is None:
                with self._apart.turn(OUTAGES):
                    await self._before_look()
            lanes = [work.lane for work in self._works]
            due = await self._store.due(lanes, now=self._clock.now())
            for work in self._works:
                if work.is_due(due) and self._apart.held_until(work.title) is None:
                    with self._apart.turn(work.title):
                        await self._claim(work)
            self._report_unreadable()
            return await self._next_look_at()
        except StorageUnavailable as trouble:
            log.error("worker.storage", reason=trouble.reason, detail=trouble.detail)  # noqa: TRY400 - the reason says all
            self._on_trouble(trouble)
        except Exception:
            # No one would notice a dead loop: members would get answers, but no results.
            log.exception("worker.failed")
            self._on_failure(WHOLE)
        return self._clock.now() + TROUBLE_PAUSE_S

    async def _cut_waits(self) -> None:
        """At the first look, and after the clock was set back, let no row wait for the old time."""
        now = self._clock.now()
        if now < self._looked_at:
            cut = await self._store.cut_waits(self._longest, now=now)
            log.info("worker.waits_cut", rows=cut)
        self._looked_at = now

    async def _claim(self, work: Work) -> None:
        free = work.places.free()
        held_until = work.held_until()
        held = held_until is not None and held_until > self._clock.now()
        if free <= 0 or held or self._stopping:
            return
        for job in await work.claim(free):
            if job.id in self._under_way:
                # A press, or a clock that jumped, took the row from a step that is still running.
                # Two steps never run on one job at once; it is released when that step ends.
                self._claimed_again.add(job.id)
                continue
            work.places.begin(job.id)
            self._under_way.add(job.id)
            task = asyncio.create_task(self._run_step(work, job), name=f"step {job.id}")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _next_look_at(self) -> float:
        now = self._clock.now()
        moments = [now + self._idle_max_s]
        lanes: list[Lane] = []
        for work in self._works:
            ahead = f"{work.title}: next look"  # no claim that passes ends its pause
            if self._apart.held_until(work.title) is self._apart.held_until(ahead) is None:
                with self._apart.turn(ahead):
                    self._look_at(work, now, moments, lanes)
        due = await self._store.next_due(lanes, now=now)
        if due is not None:
            moments.append(due)
        return min([*moments, *self._apart.moments()])

    def _look_at(self, work: Work, now: float, moments: list[float], lanes: list[Lane]) -> None:
        """Add when to look for its work again, or its lane if that is for its rows to tell."""
        if not work.places.free():  # a step that ends wakes the loop
            free_at = work.places.next_free_at()
            if free_at is not None:
                moments.append(free_at)
            return
        held_until = work.held_until()
        if held_until is not None and held_until > now:
            moments.append(held_until)
            return
        look_at = work.look_at()
        if look_at is not None:
            moments.append(look_at)
        lanes.append(work.lane)

    async def _sleep(self, seconds: float) -> None:
        sleeping = asyncio.ensure_future(self._clock.sleep(seconds))
        waking = asyncio.ensure_future(self._wake.wait())
        try:
            await asyncio.wait({sleeping, waking}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await cancelled(sleeping)
            await cancelled(waking)

    async def _run_step(self, work: Work, job: Job) -> None:
        renewing = asyncio.create_task(self._renew(job))
        with structlog.contextvars.bound_contextvars(job_id=job.id, work=work.title):
            try:
                await work.step(Claim(job, self._transitions))
                self._poison.passed(work.lane, job)
            except ClaimLost:
                log.info("step.claim_lost")
            except RowUnreadable as unreadable:
                await self._set_aside(job, unreadable)
            except asyncio.CancelledError:
                log.info("step.cut_short")
                self._claimed_again.add(job.id)
                raise
            except Exception:
                # A bug of ours or an unforeseen error: the row stays and is retried.
                log.exception("step.failed")
                await self._put_back(work, job)
            finally:
                await cancelled(renewing)
                if job.id in self._claimed_again:
                    self._claimed_again.discard(job.id)
                    await self._let_go(job)
                work.places.end(job.id)
                self._under_way.discard(job.id)
                log.debug("step.ended")
                self.wake()

    async def _set_aside(self, job: Job, unreadable: RowUnreadable) -> None:
        with contextlib.suppress(StorageError):
            await self._store.set_aside(job, now=self._clock.now())
        self._store.note_unreadable(unreadable)
        self._report_unreadable()

    def _report_unreadable(self) -> None:
        """Report rows that were set aside, each once; all others go on."""
        for unreadable in self._store.newly_unreadable():
            log.error("row.unreadable", job_id=unreadable.job_id, why=unreadable.why)
            self._on_unreadable(unreadable)

    async def _renew(self, job: Job) -> None:
        while True:
            await self._clock.sleep(RENEW_EVERY_S)
            try:
                await self._store.renew(job, until=self._clock.now() + LEASE_S)
            except ClaimLost:
                return  # the step's next write finds out
            except StorageError:
                log.warning("lease.not_renewed")

    async def _let_go(self, job: Job) -> None:
        """Release the row if it is still ours; the step's last write stays."""
        with contextlib.suppress(StorageError):
            await self._store.let_go(job)

    async def _put_back(self, work: Work, job: Job) -> None:
        now = self._clock.now()
        tries_beside = {Lane.CARD: job.card.tries, Lane.SHOW: job.show_tries}
        again_at = now + backoff_s(tries_beside.get(work.lane, job.failures) + 2)
        beside: dict[Lane, StepChanges] = {
            Lane.CARD: {"card_due_at": again_at, "card_tries": job.card.tries + 1},
            Lane.SHOW: {"show_due_at": again_at, "show_tries": job.show_tries + 1},
        }
        poisoned = self._poison.failed(work.lane, job)
        otherwise: StepChanges = {"due_at": again_at, "failures": job.failures + 1}
        changes = beside.get(work.lane, otherwise)
        with contextlib.suppress(StorageError):
            fresh = await self._store.get(job.id)
            if fresh is not None and poisoned:
                await self._poison.set_aside(work.lane, Claim(fresh, self._transitions))
            elif fresh is not None:
                await self._store.save(fresh, now=now, **changes)
