"""Waits that a clock set back made too long."""

from sqlalchemy import Column, ColumnElement, Connection, and_, or_, update

from storage.access import Access
from storage.job import State, WaitsFor
from storage.schema import hidden, jobs, leftovers

_DAILY: ColumnElement[bool] = or_(
    jobs.c.state == State.DONE.value,
    and_(jobs.c.state == State.WAITING.value, jobs.c.waits_for == WaitsFor.UNSURE.value),
)
_QUICK: ColumnElement[bool] = jobs.c.state.in_(
    [state.value for state in State if state not in {State.DONE, State.WAITING, State.CANCELLED}]
)


class Waits(Access):
    """The part of the store that mends what was written by a clock that was ahead."""

    async def cut_waits(
        self, *, now: float, longest_s: float, daily_s: float, lease_s: float
    ) -> int:
        """Cut every wait to the longest of its kind, in seconds; return how many were longer.

        What waits for a person keeps its own end. Leases are cut as well: their holder renews them.
        """
        cuts: list[tuple[Column[float], ColumnElement[bool], float]] = [
            (jobs.c.due_at, _QUICK, longest_s),
            (jobs.c.due_at, _DAILY, daily_s),
            (jobs.c.card_due_at, jobs.c.card_due_at.is_not(None), longest_s),
            (jobs.c.show_due_at, jobs.c.show_due_at.is_not(None), daily_s),
            (jobs.c.lease_until, jobs.c.lease_until.is_not(None), lease_s),
        ]

        cutting = [
            update(jobs)
            .where(which, column > now + at_most_s)
            .values({column.name: now + at_most_s})
            for column, which, at_most_s in cuts
        ]
        # What is taken back in Discord is tried daily at least.
        cutting += [
            update(table).where(table.c.due_at > now + daily_s).values(due_at=now + daily_s)
            for table in (hidden, leftovers)
        ]

        def write(here: Connection) -> int:
            return sum(here.execute(one).rowcount for one in cutting)

        return await self._connections.write(write)
