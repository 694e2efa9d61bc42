"""A member's own ended jobs: the newest, or those whose prompt contains certain words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.domain.requests import from_json
from bot.domain.search import Words
from bot.messages.message import SELECT_OPTIONS_MAX
from storage.job import Job
from storage.store import JobStore

SHOWN_MAX: Final = SELECT_OPTIONS_MAX
READ_AT_ONCE: Final = 200
READ_MAX: Final = 5_000
"""Prompts that are looked through for one search: half a second, and Discord waits for three."""


@dataclass(frozen=True, slots=True)
class Found:
    """A page of jobs, newest first."""

    jobs: Sequence[Job]
    more: bool
    """Whether there are older ones."""
    cut_after: int = 0
    """After how many jobs the search gave up, as there were still more; 0: it saw all."""


class JobHistory:
    """Looks back for a member."""

    def __init__(self, store: JobStore) -> None:
        self._store = store

    async def page(self, user_id: int, search: str = "", before: Job | None = None) -> Found:
        """Return what was found; without words to search for, everything."""
        words = Words(search)
        if not words:
            jobs = await self._store.ended_jobs_of(user_id, limit=SHOWN_MAX + 1, before=before)
            return Found(jobs[:SHOWN_MAX], len(jobs) > SHOWN_MAX)
        found: list[Job] = []
        read = 0
        for _ in range(READ_MAX // READ_AT_ONCE):
            jobs = await self._store.ended_jobs_of(user_id, limit=READ_AT_ONCE, before=before)
            read += len(jobs)
            found += [job for job in jobs if words.are_in(from_json(job.kind, job.request).prompt)]
            if not jobs or len(found) > SHOWN_MAX:
                break
            before = jobs[-1]
        else:
            if await self._store.ended_jobs_of(user_id, limit=1, before=before):
                return Found(found, more=False, cut_after=read)
        return Found(found[:SHOWN_MAX], len(found) > SHOWN_MAX)

    async def family(self, job: Job) -> Sequence[Job]:
        """Return the job with what it came from and what came from it, oldest first."""
        return await self._store.family_of(job)
