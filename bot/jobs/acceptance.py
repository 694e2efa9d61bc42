"""Stores the task of an accepted create, whatever it takes."""

import structlog

from bot.clock import Clock
from bot.domain.policy.backoff import backoff_s
from bot.jobs.claim import Claim
from bot.jobs.kling_places import KlingPlaces
from bot.kling.tasks import Task
from storage.errors import ClaimLost, StorageUnavailable
from storage.job import State
from storage.store import JobStore

log = structlog.get_logger(__name__)


class Acceptance:
    """Brings a job from `creating` to `running`; the task is first asked for after `first_s`."""

    def __init__(
        self, store: JobStore, clock: Clock, places: KlingPlaces, *, first_s: float
    ) -> None:
        self._store = store
        self._clock = clock
        self._places = places
        self._first_s = first_s

    async def store(self, claim: Claim, task: Task, expected_s: float) -> None:
        """Store the task id, whatever it takes: it is the only link to what was paid for."""
        log.info("task.accepted", task_id=task.task_id)
        failures = 0
        while True:
            try:
                await self._running(claim, task, expected_s)
            except StorageUnavailable as trouble:
                log.error("task.not_stored", task_id=task.task_id, reason=trouble.reason)  # noqa: TRY400 - the reason says all
                await self._clock.sleep(backoff_s(failures))
                failures += 1
            else:
                await self._places.accepted(claim.job)
                return

    async def _running(self, claim: Claim, task: Task, expected_s: float) -> None:
        """Store it under the lease or, if that was lost, without it."""
        now = self._clock.now()
        due_at = now + self._first_s
        try:
            await claim.move(
                State.RUNNING,
                task_id=task.task_id,
                submitted_at=now,
                expected_at=now + expected_s,
                due_at=due_at,
            )
        except ClaimLost:
            learnt = await self._store.learn_task(
                claim.job.id, task.task_id, now=now, expected_at=now + expected_s, due_at=due_at
            )
            log.warning("task.learnt_late", used=learnt is not None)
