"""Learns from Kling's answers how many places it has, and lets orders step aside that need more.

What was learnt limits how many go at once (`storage.turns`). It helps the next create and is worth
no failure of this one: if it can't be stored, that is logged.
"""

from typing import Final

import structlog

from bot.clock import Clock
from bot.domain.policy.recovery import room_refused
from bot.errors import KlingBusy
from bot.jobs.outages import Outages
from storage.errors import StorageUnavailable
from storage.job import Job
from storage.rows import Changes
from storage.store import JobStore

NO_PLACE_CODE: Final = 1303
"""Kling's business code for "no slot is free"; 1302 is about the rate (its API documentation)."""

log = structlog.get_logger(__name__)


class KlingPlaces:
    """Hears how creates went that need places."""

    def __init__(self, store: JobStore, clock: Clock, outages: Outages) -> None:
        self._store = store
        self._clock = clock
        self._outages = outages

    async def refused(self, job: Job, busy: KlingBusy) -> Changes:
        """Learn from "later"; return what changes about the job, which is still in `creating`."""
        if busy.code != NO_PLACE_CODE:
            return {}
        now = self._clock.now()
        try:
            in_flight = await self._store.learn_refusal(job, now=now)
        except StorageUnavailable as trouble:
            log.warning("places.not_learnt", reason=trouble.reason)
            return {}
        log.info("places.refused", model=job.model, slots=job.slots, in_flight=in_flight)
        if in_flight:
            return {}
        changes = room_refused(job, now)
        if changes.get("aside") and not job.aside:
            self._outages.steps_aside(job)
        return changes

    async def accepted(self, job: Job) -> None:
        """Learn from an accepted create, once its task is stored."""
        try:
            await self._store.learn_success(job, now=self._clock.now())
        except StorageUnavailable as trouble:
            log.warning("places.not_learnt", reason=trouble.reason)
