"""Stars: members who want a result in the showcase of their server, and when its copy is owed."""

from dataclasses import dataclass

from sqlalchemy import Connection, and_, delete, func, insert, select, update

from storage.access import Access
from storage.delivery import SHOWCASE
from storage.schema import deliveries, jobs, stars


@dataclass(frozen=True, slots=True)
class Starred:
    """What became of a press."""

    on: bool
    """Whether the member's star is there now."""
    own: bool
    """Whether they are the requester, whose star does not count."""
    count: int
    """How many count."""
    owed: bool
    """Whether the copy is owed now, or is there."""
    shown: bool = False
    """Whether it is there."""


class Stars(Access):
    """The part of the store that keeps stars."""

    async def star(self, job_id: str, user_id: int, *, wanted: int, now: float) -> Starred | None:
        """Put the member's star on a job, or take it off; with `wanted` of them a copy is owed.

        It is owed once ever. None if the job is not there any more.
        """
        there = and_(
            jobs.c.id == job_id, jobs.c.unwanted.is_(False), jobs.c.to_forget_since.is_(None)
        )
        looking = select(jobs.c.user_id, jobs.c.show_due_at).where(there).with_for_update()
        theirs = and_(stars.c.job_id == job_id, stars.c.user_id == user_id)
        every = select(func.count()).select_from(stars).where(stars.c.job_id == job_id)
        shown = select(deliveries.c.part).where(
            deliveries.c.job_id == job_id,
            deliveries.c.kind == SHOWCASE,
            deliveries.c.told_at.is_not(None),
        )
        owing = update(jobs).where(jobs.c.id == job_id).values(show_due_at=now, show_tries=0)

        def write(here: Connection) -> Starred | None:
            job = here.execute(looking).one_or_none()
            if job is None:
                return None
            on = not here.execute(delete(stars).where(theirs)).rowcount
            if on:
                here.execute(insert(stars).values(job_id=job_id, user_id=user_id))
            count = here.execute(every.where(stars.c.user_id != job.user_id)).scalar_one()
            there = here.execute(shown).first() is not None
            owed = job.show_due_at is not None or there
            if not owed and on and count >= wanted:
                here.execute(owing)
                owed = True
            return Starred(on, job.user_id == user_id, count, owed, there)

        return await self._connections.write(write)

    async def try_showcase_again(self, guild_id: int, *, now: float) -> None:
        """Have every copy that is owed in this server tried now: its managers changed something."""
        owed = and_(jobs.c.show_due_at.is_not(None), jobs.c.guild_id == guild_id)
        trying = update(jobs).where(owed).values(show_due_at=now, show_tries=0)
        await self._connections.write(lambda here: here.execute(trying).close())

    async def has_star_of(self, job_id: str, user_id: int) -> bool:
        """Tell whether the member's star is on the job."""
        theirs = select(stars.c.user_id).where(stars.c.job_id == job_id, stars.c.user_id == user_id)
        return await self._connections.read(lambda here: here.execute(theirs).first() is not None)


def forget_stars_of_member(connection: Connection, user_id: int) -> None:
    """Take off every star of a member; what was copied by then stays."""
    connection.execute(delete(stars).where(stars.c.user_id == user_id))
