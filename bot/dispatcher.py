"""Sends the create that costs money: once, whatever dies in between.

The order is the whole point: `creating` is durable before the POST, the task id right after it. A
create whose outcome is not known is looked up by the job's own id before anything is sent again.
"""

import math
from collections.abc import Awaitable, Mapping
from typing import Final, Protocol

import structlog

from bot.catalogue import expected_s, is_known
from bot.clock import Clock
from bot.errors import (
    KlingBusy,
    KlingError,
    KlingRefusedAccount,
    KlingRefusedRequest,
    KlingTaken,
    KlingToldNo,
    KlingUnclear,
    KlingUnreachable,
    Problem,
)
from bot.kling.client import Kling
from bot.kling.tasks import LipSyncChoice, Lookup, Task
from bot.outcomes import account_notice, problem_of, problem_outcome
from bot.plain import inert_line
from bot.policy import (
    DAY_S,
    FOREIGN_TASK_SKEW_S,
    UNCLEAR_LOOK_S,
    NotFound,
    PollLimits,
    backoff_s,
    decide_not_found,
    waits_since,
)
from bot.progress import Progress
from bot.requests import Route, VideoRequest, from_json
from storage.errors import ClaimLost, StorageUnavailable
from storage.job import Job, Pack, State, WaitsFor
from storage.store import JobStore

log = structlog.get_logger(__name__)


class Operator(Protocol):
    """Tells the operator something, in words of the message catalogue, at most once in a while."""

    def __call__(self, key: str, **facts: str | float) -> Awaitable[None]:
        """Tell it; never raises."""
        ...


class Dispatcher:
    """Steps of `queued` and `creating`."""

    def __init__(
        self,
        store: JobStore,
        kling: Kling,
        clock: Clock,
        limits: PollLimits,
        tell_operator: Operator,
        callback_base: str = "",
    ) -> None:
        self._store = store
        self._progress = Progress(store, clock)
        self._kling = kling
        self._clock = clock
        self._limits = limits
        self._tell_operator = tell_operator
        self._callback_base = callback_base.rstrip("/")
        self._held_until: dict[Pack, float] = {}

    def held_until(self, pack: Pack) -> float | None:
        """Until when (Unix seconds) Kling asked this pack to wait, after 1302 or 1303."""
        return self._held_until.get(pack)

    async def dispatch(self, job: Job) -> None:
        """Send a queued job that got a slot; a face session that ran out is renewed first."""
        if job.stopped:  # while an earlier create was under way, which then was told to wait
            await self._progress.move(job, State.READY)
            return
        session_until = job.question.get("session_until")
        if isinstance(session_until, int | float) and session_until <= self._clock.now():
            await self._progress.move(job, State.PREPARING)
            return
        if not is_known(job.model):
            await self._tell_operator("operator.unknown_model", model=inert_line(job.model))
        waits = job.failures
        try:
            order = await self._order(job)
        except (ValueError, LookupError):  # from here on a failure would count as ambiguous
            log.exception("create.not_written")
            await self._tell_problem(job, Problem("internal_error"))
            return
        tries = job.create_tries + 1
        job = await self._progress.move(job, State.CREATING, keep=True, create_tries=tries)
        await self._create(job, order, waits)

    async def recover(self, job: Job) -> None:
        """Settle a create whose outcome is not known: look it up, and only then send again.

        Even where absence proves nothing a find does, and looking is free.
        """
        route = Route(job.route)
        try:
            task = await self._kling.find(route, job.id)
        except KlingRefusedAccount as refusal:
            await self._account_refused(job, refusal, look_again=True)
            return
        except KlingError as error:
            log.warning("create.look_up_failed", error=type(error).__name__)
            if self._kling.lookup(route) is Lookup.BLIND:
                await self._not_found(job, Lookup.BLIND)  # an answer would prove nothing either
            elif self._clock.now() - job.created_at >= self._limits.give_up_s:
                await self._unsure(job)
            else:
                await self._look_later(job)
            return
        lookup = self._kling.lookup(route)  # asked after: the answer may have taught us something
        if task is None:
            await self._not_found(job, lookup)
        elif self._is_ours(task, job):
            await self._accepted(job, task, await self._expected_s(job))
        else:
            await self._unsure(job)

    async def remind(self, job: Job) -> None:
        """Ask the operator about an unsure job once more, daily; its slot is others' from now on.

        A task that was accepted has ended by then, one way or the other.
        """
        await self._tell_operator("operator.unsure", job=job.id)
        await self._progress.save(job, gave_up=True, due_at=self._clock.now() + DAY_S)

    async def _not_found(self, job: Job, lookup: Lookup) -> None:
        proven, may_appear = lookup is Lookup.PROVES, lookup is Lookup.MAY_FIND
        match decide_not_found(job, proven=proven, may_appear=may_appear):
            case NotFound.SEND_AGAIN:
                tries = job.create_tries + 1
                order = await self._order(job)
                job = await self._progress.save(job, keep=True, create_tries=tries)
                await self._create(job, order)
            case NotFound.LOOK_AGAIN:
                await self._look_later(job)
            case NotFound.ASK:
                await self._unsure(job)
            case NotFound.END:
                await self._progress.move(job, State.READY)

    async def _order(self, job: Job) -> bytes:
        """Write the create; whatever cannot be written was surely not sent."""
        stored = await self._store.inputs(job.id)
        return await self._kling.written(
            from_json(job.kind, job.request),
            external_id=job.id,
            inputs={name: entry.data for name, entry in stored.items()},
            choice=_choice(job.question),
            callback_url=self._callback_url(job),
        )

    async def _create(self, job: Job, order: bytes, waits: int = 0) -> None:
        """Send the create; `waits` is how often in a row it was told to come back later."""
        expected_s = await self._expected_s(job)
        try:
            task = await self._kling.send(Route(job.route), order, external_id=job.id)
        except KlingUnreachable:
            await self._later(job, waits)
        except KlingBusy:
            # Kling names no waiting time; the whole pack waits, or each queued job would be told.
            self._held_until[job.pack] = self._clock.now() + backoff_s(waits)
            await self._later(job, waits)
        except KlingTaken:
            await self._look_later(job, first_s=0.0)
        except KlingRefusedAccount as refusal:
            await self._account_refused(job, refusal)
        except KlingRefusedRequest as refusal:
            await self._refused(job, refusal)
        except KlingUnclear as unclear:
            log.warning("create.unclear", reason=unclear.reason, http_status=unclear.http_status)
            await self._look_later(job)
        except KlingToldNo as refusal:
            await self._refused(job, refusal)
        else:
            self._held_until.pop(job.pack, None)
            await self._accepted(job, task, expected_s)

    async def _accepted(self, job: Job, task: Task, expected_s: float) -> None:
        """Store the task id, whatever it takes: it is the only thread to what was paid for."""
        log.info("task.accepted", task_id=task.task_id)
        failures = 0
        while True:
            try:
                await self._running(job, task, expected_s)
            except StorageUnavailable as trouble:
                log.error("task.not_stored", task_id=task.task_id, reason=trouble.reason)  # noqa: TRY400 - the reason says all
                await self._clock.sleep(backoff_s(failures))
                failures += 1
            else:
                return

    async def _running(self, job: Job, task: Task, expected_s: float) -> None:
        """Store it under the lease or, where that was lost meanwhile, without it."""
        now = self._clock.now()
        due_at = now + self._limits.first_s
        try:
            await self._progress.move(
                job,
                State.RUNNING,
                task_id=task.task_id,
                submitted_at=now,
                expected_at=now + expected_s,
                due_at=due_at,
            )
        except ClaimLost:
            learnt = await self._store.learn_task(
                job.id, task.task_id, now=now, expected_at=now + expected_s, due_at=due_at
            )
            log.warning("task.learnt_late", used=learnt is not None)

    async def _expected_s(self, job: Job) -> float:
        seen = await self._store.durations(job.route, job.model)
        if len(seen) >= EXPECTATION_MIN_JOBS:
            return sorted(seen)[math.ceil(len(seen) * EXPECTATION_QUANTILE) - 1]
        request = from_json(job.kind, job.request)
        if isinstance(request, VideoRequest):
            return expected_s(request.route, request.model, request.mode, request.duration_s)
        return expected_s(request.route, request.model)

    async def _later(self, job: Job, waits: int) -> None:
        """Back into the queue: nothing was created. After the longest wait the member is told."""
        now = self._clock.now()
        fresh = await self._store.get(job.id)
        if fresh is not None and fresh.stopped:
            await self._progress.move(job, State.READY)
        elif now - waits_since(job) >= self._limits.give_up_s:
            await self._tell_problem(job, Problem("kling_unreachable"))
        else:
            due_at = now + backoff_s(waits)
            tries = job.create_tries - 1  # this one surely made nothing
            await self._progress.move(
                job, State.QUEUED, due_at=due_at, failures=waits + 1, create_tries=tries
            )

    async def _look_later(self, job: Job, *, first_s: float = UNCLEAR_LOOK_S) -> None:
        """Look for the task; `first_s` is how soon the first time, later looks wait longer."""
        looks = job.failures
        wait_s = backoff_s(looks, first_s=UNCLEAR_LOOK_S) if looks else first_s
        await self._progress.save(job, due_at=self._clock.now() + wait_s, failures=looks + 1)

    async def _refused(self, job: Job, refusal: KlingToldNo) -> None:
        log.info("create.refused", code=refusal.code, request_id=refusal.request_id)
        await self._tell_problem(job, problem_of(refusal))

    async def _account_refused(
        self, job: Job, refusal: KlingRefusedAccount, *, look_again: bool = False
    ) -> None:
        log.error("kling.account", code=refusal.code, request_id=refusal.request_id)
        notice, facts = account_notice(refusal, job.pack)
        await self._tell_operator(notice, **facts, job=job.id)
        if look_again:
            await self._look_later(job)
        else:
            await self._tell_problem(job, Problem("kling_account"))

    async def _tell_problem(self, job: Job, problem: Problem) -> None:
        await self._progress.move(job, State.READY, outcome=problem_outcome(problem))

    async def _unsure(self, job: Job) -> None:
        await self._tell_operator("operator.unsure", job=job.id)
        until = self._clock.now() + self._limits.give_up_s
        await self._progress.move(
            job, State.WAITING, waits_for=WaitsFor.UNSURE, waits_until=until, due_at=until
        )

    def _is_ours(self, task: Task, job: Job) -> bool:
        if task.external_id is not None and task.external_id != job.id:
            return False
        return task.created_at is None or task.created_at >= job.created_at - FOREIGN_TASK_SKEW_S

    def _callback_url(self, job: Job) -> str | None:
        if not self._callback_base or not job.callback_key:
            return None
        return f"{self._callback_base}/callback/{job.callback_key}"


EXPECTATION_MIN_JOBS: Final = 5
EXPECTATION_QUANTILE: Final = 0.8
"""An honest waiting time is one that four of five jobs keep."""


def _choice(question: Mapping[str, object]) -> LipSyncChoice | None:
    chosen = question.get("choice")
    return LipSyncChoice(**chosen) if isinstance(chosen, dict) else None
