"""Which task belongs to which job, where no id of ours says so: never one task to two jobs."""

from collections.abc import Collection
from typing import Final

from sqlalchemy import Connection, and_, exists, or_, select

from storage.access import Access
from storage.job import Pack, State
from storage.money import EntryKind, Why
from storage.schema import jobs, ledger
from storage.statements import take_turn

_TURN: Final = 7_041_776_203_511_846_025
_NOTHING_SENT: Final = or_(
    jobs.c.create_tries == 0,
    # Ended, without a task and without a unit that it holds or spent: proven that none was made.
    and_(
        jobs.c.state.in_([State.READY.value, State.POSTING.value, State.DONE.value]),
        jobs.c.units_held == 0,
        jobs.c.units_spent == 0,
    ),
)


class Ownership(Access):
    """The part of the store that knows whose tasks are."""

    async def owned(self, task_ids: Collection[str]) -> set[str]:
        """Return those of Kling's ids that belong to a job, even to one that was deleted."""
        theirs = select(jobs.c.task_id).where(jobs.c.task_id.in_(task_ids))
        booked = select(ledger.c.task_id).where(ledger.c.task_id.in_(task_ids))
        both = theirs.union(booked)
        return set(await self._connections.read(lambda here: here.execute(both).scalars().all()))

    async def task_unknown(self, but: str, pack: Pack, since: float, until: float) -> bool:
        """Tell whether another job may have made a task of that pack that no job is known to own.

        `since` and `until` (Unix seconds) are when such a create could have been under way. A job
        that was deleted before its task was known counts as well, and one that is still in
        `creating` however old: the machine may have slept since its create began.
        """
        unknown = and_(jobs.c.task_id.is_(None), ~_NOTHING_SENT)
        theirs = select(jobs.c.id).where(
            jobs.c.id != but,
            jobs.c.pack == pack.value,
            jobs.c.created_at <= until,
            or_(jobs.c.sent_at >= since, jobs.c.state == State.CREATING.value),
            or_(unknown, jobs.c.units_unclear > 0),
        )
        deleted = select(ledger.c.at).where(
            ledger.c.pack == pack.units.value,
            ledger.c.kind == EntryKind.SPENT.value,
            ledger.c.why == Why.FORGOTTEN.value,
            ledger.c.at >= since,
        )
        either = select(or_(exists(theirs), exists(deleted)))
        return bool(await self._connections.read(lambda here: here.execute(either).scalar_one()))

    async def order_under_way(self, but: str, pack: Pack, until: float) -> bool:
        """Tell whether Kling may still name a task that it made by then to another job of the pack.

        That is a job in `creating` which was there at that moment (Unix seconds).
        """
        theirs = exists().where(
            jobs.c.id != but,
            jobs.c.pack == pack.value,
            jobs.c.state == State.CREATING.value,
            jobs.c.created_at <= until,
        )
        asking = select(theirs)
        return bool(await self._connections.read(lambda here: here.execute(asking).scalar_one()))


def owned_by_another(connection: Connection, task_id: str, job_id: str) -> bool:
    """Tell whether another job has this task, in a transaction that goes on to give it away."""
    take_turn(connection, _TURN)
    theirs = exists().where(jobs.c.task_id == task_id, jobs.c.id != job_id)
    other = or_(ledger.c.job_id.is_(None), ledger.c.job_id != job_id)
    booked = exists().where(ledger.c.task_id == task_id, other)
    return bool(connection.execute(select(or_(theirs, booked))).scalar_one())
