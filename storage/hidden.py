"""Results that were put behind a spoiler: which, and when their messages are looked at."""

from dataclasses import dataclass

from sqlalchemy import Connection, func, select, update

from storage.access import Access
from storage.schema import hidden, jobs


@dataclass(frozen=True, slots=True)
class ToHide:
    """A job whose messages are to be hidden."""

    job_id: str
    asked_at: float
    """Unix seconds."""
    tries: int


class Hidden(Access):
    """The part of the store that remembers them, for as long as their jobs."""

    async def want_hidden(self, job_id: str, *, now: float) -> bool:
        """Have all of its messages hidden, now and those to come; once more if it was before.

        False if the job is not there any more.
        """
        there = select(jobs.c.id).where(jobs.c.id == job_id).with_for_update()
        fresh = {"asked_at": now, "due_at": now, "tries": 0}
        noting = self._insert(hidden).values(job_id=job_id, **fresh)
        noting = noting.on_conflict_do_update(index_elements=["job_id"], set_=fresh)

        def write(here: Connection) -> bool:
            if here.execute(there).one_or_none() is None:
                return False
            here.execute(noting)
            return True

        return await self._connections.write(write)

    async def is_hidden(self, *job_ids: str) -> bool:
        """Tell whether any of these jobs was hidden, or any that one of them was made from.

        Where jobs were made from each other, all that are still there count, in one statement.
        """
        these = select(jobs.c.id, jobs.c.parent_id).where(jobs.c.id.in_(job_ids))
        line = these.cte("line", recursive=True)
        before = select(jobs.c.id, jobs.c.parent_id).join(line, jobs.c.id == line.c.parent_id)
        line = line.union(before)
        asked = select(hidden.c.job_id).join(line, hidden.c.job_id == line.c.id).limit(1)
        return await self._connections.read(lambda here: here.execute(asked).first() is not None)

    async def hidden_due(self, *, now: float, limit: int) -> list[ToHide]:
        """Return those whose messages are to be looked at, longest due first."""
        due = select(hidden.c.job_id, hidden.c.asked_at, hidden.c.tries)
        due = due.where(hidden.c.due_at <= now).order_by(hidden.c.due_at, hidden.c.job_id)
        found = await self._connections.read(lambda here: here.execute(due.limit(limit)).all())
        return [ToHide(*row) for row in found]

    async def next_hidden_at(self) -> float | None:
        """Return when the next is due (Unix seconds), None if none is."""
        first = select(func.min(hidden.c.due_at))
        return await self._connections.read(lambda here: here.execute(first).scalar_one())

    async def hidden_again(self, one: ToHide, *, due_at: float | None) -> None:
        """Have its messages looked at again then; None: all are hidden.

        Not if somebody has asked for it once more meanwhile.
        """
        same = hidden.c.job_id == one.job_id, hidden.c.asked_at == one.asked_at
        later = update(hidden).where(*same).values(due_at=due_at, tries=one.tries + 1)
        await self._connections.write(lambda here: here.execute(later).close())
