"""A member's own ended jobs, newest first, and what came from what among their own."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Select, and_, or_, select

from storage.access import Access
from storage.job import Job
from storage.schema import jobs

GENERATIONS_MAX: Final = 6
"""How far up and down a family is followed."""
FAMILY_MAX: Final = 25
"""The nearest relatives that are read."""

_OWN: Final = (jobs.c.created_at.desc(), jobs.c.id.desc())


class History(Access):
    """The part of the store that looks back."""

    async def ended_jobs_of(
        self, user_id: int, *, limit: int, before: Job | None = None
    ) -> list[Job]:
        """Return the member's newest ended jobs that were answered, or those older than `before`.

        The list may be shorter than what is there, if rows can't be read.
        """
        these = and_(
            jobs.c.user_id == user_id,
            jobs.c.ended_at.is_not(None),
            jobs.c.unwanted.is_(False),
            jobs.c.answered_at.is_not(None),
        )
        if before is not None:
            older = jobs.c.created_at < before.created_at
            same = and_(jobs.c.created_at == before.created_at, jobs.c.id < before.id)
            these = and_(these, or_(older, same))
        page = select(jobs).where(these).order_by(*_OWN).limit(limit)
        return await self._jobs(page)

    async def family_of(self, job: Job) -> list[Job]:
        """Return the job, those of its member it came from, and those that came from these.

        Oldest first; at most `FAMILY_MAX`, and the job is always among them.
        """
        found = {job.id: job}
        edge: Sequence[Job] = [job]
        for _ in range(GENERATIONS_MAX):
            parents = [one.parent_id for one in edge if one.parent_id]
            relative = or_(jobs.c.id.in_(parents), jobs.c.parent_id.in_([one.id for one in edge]))
            own = and_(
                jobs.c.user_id == job.origin.user_id,
                jobs.c.answered_at.is_not(None),
                jobs.c.unwanted.is_(False),
                relative,
            )
            page = select(jobs).where(own, jobs.c.id.not_in(found)).order_by(*_OWN)
            edge = await self._jobs(page.limit(FAMILY_MAX - len(found)))
            found |= {one.id: one for one in edge}
            if not edge or len(found) >= FAMILY_MAX:
                break
        return sorted(found.values(), key=lambda one: (one.created_at, one.id))

    async def _jobs(self, page: Select[*tuple[object, ...]]) -> list[Job]:
        return await self._connections.read(
            lambda here: self._readable(here.execute(page).mappings())
        )
