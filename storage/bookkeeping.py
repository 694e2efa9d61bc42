"""What the ledger says: sums for people, and whether everything that is kept beside it agrees."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, case, func, select

from storage.access import Access
from storage.ledger import MEMBER, Total, day_of, days_of, key
from storage.money import EntryKind, Why
from storage.schema import jobs, ledger, totals
from storage.sums import HELD, SPENT, sum_of


class Disagreement(NamedTuple):
    """Something that is kept beside the ledger and is not what the ledger says."""

    what: str
    kept: Total
    booked: Total


class Line(NamedTuple):
    """What one job did in a month, or all that is known of it; hundredths of a unit."""

    pack: str
    day: str
    guild_id: int | None
    user_id: int | None
    held: int
    spent: int
    given_back: int
    credit: int


class Entry(NamedTuple):
    """An entry of the ledger, for comparing it with Kling's own."""

    job_id: str
    task_id: str
    pack: str
    spent: int


class Bookkeeping(Access):
    """The part of the store that reads the ledger."""

    async def check_books(self, *, kept_since: float = 0.0) -> list[Disagreement]:
        """Rebuild every total, and the amounts of every job, from the ledger; return what differs.

        Jobs accepted before `kept_since` are left out: their entries may be deleted by age.
        """

        def look(here: Connection) -> list[Disagreement]:
            return _checked(here, day_of(kept_since))

        found = await self._connections.read(look)
        if not found:
            return []
        # Each statement reads by itself: what is written in between may only seem to disagree.
        again = await self._connections.read(look)
        return [one for one in found if one in again]

    async def lines(
        self, month: str, *, guild_id: int | None = None, user_id: int | None = None
    ) -> Sequence[Line]:
        """Return what jobs did in this month, summed by pack, day, server and member.

        Given back is what settled jobs had reserved and did not spend, for none of them below 0.
        """
        which = _of_month(month, guild_id, user_id)
        return await self._connections.read(lambda here: _lines(here, which))

    async def used_today(self, user_id: int, pack: str, *, now: float) -> int:
        """Return what counts against a member's limit for the day, in hundredths of a unit."""
        total = key(MEMBER, user_id, pack, day_of(now))
        return (await self._connections.read(lambda here: sum_of(here, total))).used

    async def spent_on_tasks(
        self, month: str, *, guild_id: int | None = None, user_id: int | None = None
    ) -> Sequence[Entry]:
        """Return what was spent on tasks of Kling of this month's jobs, calls left out.

        Of one server or member, if one is named.
        """
        which = _of_month(month, guild_id, user_id)
        of_task = and_(
            ledger.c.kind.in_([EntryKind.SPENT, EntryKind.CORRECTED]), ledger.c.why != Why.CALL
        )
        spent = func.coalesce(func.sum(case((of_task, ledger.c.units), else_=0)), 0)
        asked = (
            select(ledger.c.job_id, func.max(ledger.c.task_id), ledger.c.pack, spent)
            .where(which, ledger.c.job_id.is_not(None))
            .group_by(ledger.c.job_id, ledger.c.pack)
            .having(func.max(ledger.c.task_id).is_not(None))
        )
        return await self._connections.read(
            lambda here: [Entry(*row) for row in here.execute(asked)]
        )


def _of_month(month: str, guild_id: int | None, user_id: int | None) -> ColumnElement[bool]:
    first, after = days_of(month)
    which = [ledger.c.day >= first, ledger.c.day < after]
    if guild_id is not None:
        which.append(ledger.c.guild_id == guild_id)
    if user_id is not None:
        which.append(ledger.c.user_id == user_id)
    return and_(*which)


def _sum_of(kinds: Sequence[EntryKind]) -> ColumnElement[int]:
    wanted = case((ledger.c.kind.in_(kinds), ledger.c.units), else_=0)
    return func.coalesce(func.sum(wanted), 0)


def _lines(connection: Connection, which: ColumnElement[bool]) -> list[Line]:
    place = (ledger.c.pack, ledger.c.day, ledger.c.guild_id, ledger.c.user_id)
    by_job = (
        select(
            *place,
            ledger.c.job_id,
            HELD.label("held"),
            _sum_of([EntryKind.SPENT, EntryKind.CORRECTED]).label("spent"),
            _sum_of([EntryKind.RESERVED]).label("reserved"),
            _sum_of([EntryKind.CREDIT]).label("credit"),
        )
        .where(which)
        .group_by(*place, ledger.c.job_id)
        .subquery()
    )
    jobs_of = by_job.c
    unspent = jobs_of.reserved - jobs_of.held - jobs_of.spent
    asked = select(
        jobs_of.pack,
        jobs_of.day,
        jobs_of.guild_id,
        jobs_of.user_id,
        func.sum(jobs_of.held),
        func.sum(jobs_of.spent),
        func.sum(case((unspent > 0, unspent), else_=0)),
        func.sum(jobs_of.credit),
    ).group_by(jobs_of.pack, jobs_of.day, jobs_of.guild_id, jobs_of.user_id)
    return [Line(*row[:4], *(int(n) for n in row[4:])) for row in connection.execute(asked)]


def _checked(connection: Connection, since: str) -> list[Disagreement]:
    found: list[Disagreement] = []
    for row in connection.execute(select(totals)):
        kept = Total(row.held, row.spent)
        booked = sum_of(connection, key(row.scope, row.scope_id, row.pack, row.period))
        if kept != booked:
            found.append(Disagreement(f"{row.scope} {row.scope_id} {row.period}", kept, booked))
    booked_of = {
        row[0]: Total(int(row[1]), int(row[2]))
        for row in connection.execute(
            select(ledger.c.job_id, HELD, SPENT)
            .where(ledger.c.job_id.is_not(None), ledger.c.day >= since)
            .group_by(ledger.c.job_id)
        )
    }
    amounts = select(jobs.c.id, jobs.c.created_at, jobs.c.units_held, jobs.c.units_spent)
    for row in connection.execute(amounts):
        booked = booked_of.pop(row.id, Total(0, 0))
        kept = Total(row.units_held, row.units_spent)
        if kept != booked and day_of(row.created_at) >= since:
            found.append(Disagreement(f"job {row.id}", kept, booked))
    found += [
        Disagreement(f"deleted job {job_id}", Total(0, booked.spent), booked)
        for job_id, booked in booked_of.items()
        if booked.held
    ]
    return found
