"""Hiding a result: its files go behind a spoiler, as its member or a moderator wants."""

from collections.abc import Callable

import structlog

from bot.clock import Clock
from bot.jobs.actions import Told
from storage.job import Job
from storage.store import JobStore

log = structlog.get_logger(__name__)


class Hiding:
    """The use case behind "Hide"."""

    def __init__(self, store: JobStore, clock: Clock, look: Callable[[], None]) -> None:
        self._store = store
        self._clock = clock
        self._look = look

    async def hide(self, job: Job) -> Told:
        """Note it, so that no later message shows them either, and have those that are there done.

        Pressed again, the messages are looked at again. Where the bot can't post, the result is in
        the answer to the command, which nothing can change once its token has expired.
        """
        if not job.origin.can_post:
            return Told.CANNOT_HIDE
        if not await self._store.want_hidden(job.id, now=self._clock.now()):
            return Told.NOT_FOUND
        log.info("job.hidden", job_id=job.id)
        self._look()
        return Told.HIDDEN
