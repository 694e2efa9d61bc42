"""What a star under a result does: members say together what their server's showcase shows."""

from collections.abc import Callable
from typing import Final

import structlog

from bot.clock import Clock
from bot.domain.outcomes import media_kinds
from bot.jobs.actions import Told
from storage.job import Job, is_job_id
from storage.stars import Starred
from storage.store import JobStore

Said = tuple[str, int, int]
"""Catalogue key, stars that count, stars needed."""
STAR_ON: Final = "answer.star_on"
STAR_OFF: Final = "answer.star_off"
SHOWN: Final = "answer.star_shown"
PROMPT_SHOWN: Final = "answer.star_prompt_shown"
PROMPT_KEPT: Final = "answer.star_prompt_kept"
COPY_STAYS: Final = "answer.star_copy_stays"

log = structlog.get_logger(__name__)


class Stars:
    """The use case of the star."""

    def __init__(
        self,
        store: JobStore,
        clock: Clock,
        wake: Callable[[], None],
        take_out: Callable[[], None],
    ) -> None:
        self._store = store
        self._clock = clock
        self._wake = wake
        self._take_out = take_out

    async def star(self, job: Job, user_id: int, wanted: int) -> Told | Said:
        """Put a member's star on a result, or take it off: with `wanted` of them it is copied."""
        if not media_kinds(job.outcome):
            return Told.NOTHING_HERE
        done = await self._store.star(job.id, user_id, wanted=wanted, now=self._clock.now())
        if done is None:
            return Told.NOT_FOUND
        if done.owed:
            log.info("showcase.owed", job_id=job.id)
            self._wake()
        return _said(done), done.count, wanted

    async def take_back(self, job_id: str, user_id: int, *, moderates: int | None) -> Told:
        """Have the copy of a job that was deleted by its age taken out; the id may be any text.

        `moderates` is the server in which this member may delete messages.
        """
        if not is_job_id(job_id):
            return Told.NOT_FOUND
        taken = await self._store.take_copies_back(
            job_id, user_id, moderates=moderates, now=self._clock.now()
        )
        if not taken:
            return Told.NOT_FOUND if taken is None else Told.NOT_YOURS
        log.info("showcase.taken_back", job_id=job_id)
        self._take_out()
        return Told.COPY_DELETED


def _said(done: Starred) -> str:
    if done.own and done.shown:
        return COPY_STAYS
    if done.own:
        return PROMPT_SHOWN if done.on else PROMPT_KEPT
    if done.owed:
        return SHOWN
    return STAR_ON if done.on else STAR_OFF
