"""Copies in a showcase that have outlived their job: where they are, and who may take them back.

They hold ids only. They are taken out once their member, or somebody with "Manage Messages" in that
server, deletes them by the bot's button, and once a member whose words are in them is forgotten.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, and_, delete, false, or_, select, true, union_all

from storage.access import Access
from storage.leftovers import COPY, copies_of, leave_copies
from storage.schema import jobs, lineage, showcased

_WHERE = [showcased.c[name] for name in COPY]


class Showcased(Access):
    """The part of the store that still knows them."""

    async def take_copies_back(
        self, job_id: str, user_id: int, *, moderates: int | None, now: float
    ) -> bool | None:
        """Have the copies of a job that was deleted by its age taken out of Discord.

        For its author, and for people with "Manage Messages" in its server, `moderates`. False: not
        theirs; None: none is known.
        """
        its = showcased.c.job_id == job_id
        theirs = showcased.c.user_id == user_id
        if moderates is not None:
            theirs = or_(theirs, showcased.c.guild_id == moderates)
        permits = and_(its, showcased.c.author, theirs)

        def write(here: Connection) -> bool | None:
            known = here.execute(select(showcased.c.job_id).where(its).with_for_update()).all()
            if not known:
                return None
            if not here.execute(select(showcased.c.job_id).where(permits)).all():
                return False
            _take_out(here, [job_id], now)
            return True

        return await self._connections.write(write)


def keep_copies(connection: Connection, job_ids: Sequence[str]) -> None:
    """Remember the copies of jobs that are about to be deleted by age, in the same transaction."""
    made = copies_of(job_ids, unwanted=False).subquery()
    its = jobs.c.id == made.c.job_id
    author = select(*made.c, jobs.c.user_id, jobs.c.guild_id, true()).join(jobs, its)
    others = select(*made.c, lineage.c.user_id, jobs.c.guild_id, false()).join(jobs, its)
    others = others.join(lineage, lineage.c.job_id == jobs.c.id)
    keeping = showcased.insert().from_select(
        [*COPY, "user_id", "guild_id", "author"], union_all(author, others)
    )
    connection.execute(keeping)


def take_out_copies_of_member(connection: Connection, user_id: int, now: float) -> None:
    """Have every copy taken out of Discord that is of a member, or has their words."""
    theirs = select(showcased.c.job_id).where(showcased.c.user_id == user_id)
    job_ids = [*connection.execute(theirs.with_for_update()).scalars()]
    if job_ids:
        _take_out(connection, job_ids, now)


def forget_copies_of_server(connection: Connection, guild_id: int) -> None:
    """Forget where the copies in a server are; they stay there."""
    connection.execute(delete(showcased).where(showcased.c.guild_id == guild_id))


def _take_out(connection: Connection, job_ids: Sequence[str], now: float) -> None:
    these = showcased.c.job_id.in_(job_ids)
    leave_copies(connection, select(*_WHERE).where(these).distinct(), now=now)
    connection.execute(delete(showcased).where(these))
