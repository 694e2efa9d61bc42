"""Finds the task of an order whose answer was lost, of a model that takes no id: by elimination.

*Unmistakable* is: Kling's list of the time of the order is complete; exactly one task in it may be
the job's and belongs to no other; no other create of ours that may have made a task of this pack
is without one; and nobody else orders on the account. Kling's list shows no model and no
resolution, so every task of the pack counts, whatever its model. Rows are read after the list: what
is in the list was ordered by a row that was there before it.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import structlog

from bot.clock import Clock
from bot.domain.policy.recovery import (
    MADE_AFTER_S,
    MADE_BEFORE_S,
    ORDER_MAX_S,
    Taking,
    is_ours,
    made_window,
    may_be_of,
    orders_known,
)
from bot.domain.requests import Route
from bot.errors import KlingNotFound, KlingRefusedRequest, KlingToldNo
from bot.jobs.transitions import Transitions
from bot.kling.client import Kling
from bot.kling.listing import Listed
from bot.kling.tasks import Task
from storage.job import Job
from storage.store import JobStore

log = structlog.get_logger(__name__)


class Candidates(NamedTuple):
    """Tasks that may be a job's, and whether they are surely all."""

    tasks: tuple[Task, ...]
    complete: bool


class Elimination:
    """Looks for tasks that no job of ours owns.

    `shared`: others order on this account too; `restored_at` is when the database was replaced by a
    copy (Unix seconds), which lacks orders that were under way until then.
    """

    def __init__(
        self,
        store: JobStore,
        kling: Kling,
        clock: Clock,
        *,
        shared: bool = True,
        restored_at: float = -math.inf,
    ) -> None:
        self._store = store
        self._kling = kling
        self._clock = clock
        self._transitions = Transitions(store, clock)
        self._shared = shared
        self._restored_at = restored_at

    def may_find(self, job: Job) -> bool:
        """Tell whether a task can be recognised at all."""
        known = job.sent_at is not None and orders_known(job.sent_at, self._restored_at)
        return known and not self._shared and Route(job.route).newer

    async def find(self, job: Job) -> Task | None:
        """Return the job's task if it is unmistakable. Free; raises a KlingError without answer."""
        if not self.may_find(job):
            return None
        found = await self.candidates(job)
        if not found.complete or len(found.tasks) != 1 or found.tasks[0].created_at is None:
            return None
        [task] = found.tasks
        return None if await self._others_without_task(job) else task

    async def adopt(self, job: Job, task: Task, *, first_s: float, expected_s: float) -> bool:
        """Give the job the task, unless another has got it since; tell whether it has it now.

        It is asked for in `first_s` seconds, and expected after `expected_s`.
        """
        now = self._clock.now()
        learnt = await self._transitions.learn_task(
            job,
            task.task_id,
            submitted_at=now,
            expected_at=now + expected_s,
            due_at=now + first_s,
        )
        log.info("task.eliminated", task_id=task.task_id, used=learnt is not None)
        return learnt is not None

    async def candidates(self, job: Job) -> Candidates:
        """Return the tasks that may be the job's and belong to no other. Free of charge."""
        window = made_window(job.sent_at or job.created_at, self._clock.now())
        try:
            listed = await self._kling.made_between(job.pack.value, *window)
        except KlingToldNo as no:
            # A gateway without this list, or one that Kling has in another form: no outage.
            if isinstance(no, KlingNotFound | KlingRefusedRequest) or no.no_such_path:
                return Candidates((), complete=False)
            raise
        owned = await self._store.owned([task.task_id for task in listed.tasks])
        return Candidates(_fitting(job, window, listed, owned), listed.complete)

    async def take(self, job: Job, task_id: str) -> Taking:
        """Give an unsure job the task that the operator named, if it can be the job's.

        Free of charge; raises a KlingError if Kling does not answer.
        """
        try:
            task = await self._kling.query(Route(job.route), task_id)
        except KlingNotFound:
            return Taking.NO_SUCH_TASK
        if not is_ours(task.external_id, task.created_at, job):
            return Taking.NOT_OF_THIS_JOB
        if Route(job.route).newer and not await self._of_this_pack(job, task):
            return Taking.OTHER_PRODUCT
        if task.external_id is None and await self._may_be_named_to_another(job, task):
            return Taking.UNDER_WAY
        # Read afterwards: the other job has the task from the same write on.
        if task.task_id in await self._owned_by_others(job, task):
            return Taking.OWNED
        now = self._clock.now()
        taken = await self._transitions.learn_task(job, task.task_id, submitted_at=now)
        return Taking.TAKEN if taken is not None else Taking.TOO_LATE

    async def _may_be_named_to_another(self, job: Job, task: Task) -> bool:
        """Tell whether the answer to another order is still to come, which may name this task."""
        _, ends = made_window(job.sent_at or job.created_at, self._clock.now())
        until = ends if task.created_at is None else task.created_at + MADE_BEFORE_S
        return await self._store.order_under_way(job.id, job.pack, until)

    async def _owned_by_others(self, job: Job, task: Task) -> set[str]:
        return set() if job.task_id == task.task_id else await self._store.owned([task.task_id])

    async def _of_this_pack(self, job: Job, task: Task) -> bool:
        """Tell whether the list of this kind has the task: a single one does not show its kind."""
        if task.media:
            return all(media.kind == job.pack.value for media in task.media)
        if task.created_at is None:
            return False
        around = (task.created_at - 1.0, task.created_at + 1.0)
        listed = await self._kling.made_between(job.pack.value, *around)
        return any(one.task_id == task.task_id for one in listed.tasks)

    async def _others_without_task(self, job: Job) -> bool:
        begins, ends = made_window(job.sent_at or job.created_at, self._clock.now())
        longest_s = ORDER_MAX_S + MADE_AFTER_S
        return await self._store.task_unknown(job.id, job.pack, begins - longest_s, ends)


def _fitting(
    job: Job, window: tuple[float, float], listed: Listed, owned: set[str]
) -> tuple[Task, ...]:
    return tuple(
        task
        for task in listed.tasks
        if task.task_id not in owned
        and may_be_of(
            job,
            window,
            external_id=task.external_id,
            created_at=task.created_at,
            length_s=_length_s(task),
        )
    )


def _length_s(task: Task) -> float | None:
    lengths: Sequence[float] = [m.duration_s for m in task.media if m.duration_s is not None]
    return lengths[0] if len(lengths) == 1 else None
