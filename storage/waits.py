"""What was written by a clock that was ahead: waits that are too long, moments still to come."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Column, ColumnElement, Connection, and_, or_, update

from storage.access import Access
from storage.job import State, WaitsFor
from storage.schema import hidden, jobs, leftovers, places, removals, slots_kept

_DAILY: ColumnElement[bool] = or_(
    jobs.c.state == State.DONE.value,
    and_(jobs.c.state == State.WAITING.value, jobs.c.waits_for == WaitsFor.UNSURE.value),
)
_QUICK: ColumnElement[bool] = jobs.c.state.in_(
    [state.value for state in State if state not in {State.DONE, State.WAITING, State.CANCELLED}]
)
_MOMENTS: Final = (
    places.c.learnt_at,
    leftovers.c.first_tried_at,
    hidden.c.asked_at,
    removals.c.asked_at,
)
"""When something happened, where that only tells how long ago it was. What decides whether a
message may be posted again is not among them: there, a moment to come says that nothing is known.
"""


@dataclass(frozen=True, slots=True)
class Longest:
    """How long each kind of wait is at most, in seconds."""

    quick_s: float
    daily_s: float
    lease_s: float
    slots_kept_s: float
    """How long the slots of deleted jobs are kept."""


class Waits(Access):
    """The part of the store that mends what was written by a clock that was ahead."""

    async def cut_waits(self, longest: Longest, *, now: float) -> int:
        """Cut every wait to the longest of its kind; return how many were longer.

        What waits for a person keeps its own end. Leases are cut as well: their holder renews them.
        What seems to have happened later than now has happened now.
        """
        cuts: list[tuple[Column[float], ColumnElement[bool], float]] = [
            (jobs.c.due_at, _QUICK, longest.quick_s),
            (jobs.c.due_at, _DAILY, longest.daily_s),
            (jobs.c.card_due_at, jobs.c.card_due_at.is_not(None), longest.quick_s),
            (jobs.c.show_due_at, jobs.c.show_due_at.is_not(None), longest.daily_s),
            (jobs.c.lease_until, jobs.c.lease_until.is_not(None), longest.lease_s),
        ]

        cutting = [
            update(jobs)
            .where(which, column > now + at_most_s)
            .values({column.name: now + at_most_s})
            for column, which, at_most_s in cuts
        ]
        # What is taken back in Discord is tried daily at least.
        daily_at = now + longest.daily_s
        cutting += [
            update(table).where(table.c.due_at > daily_at).values(due_at=daily_at)
            for table in (hidden, leftovers)
        ]
        kept_until = now + longest.slots_kept_s
        cutting.append(
            update(slots_kept).where(slots_kept.c.until > kept_until).values(until=kept_until)
        )
        moving = [
            update(moment.table).where(moment > now).values({moment.name: now})
            for moment in _MOMENTS
        ]

        def write(here: Connection) -> int:
            for one in moving:
                here.execute(one).close()
            return sum(here.execute(one).rowcount for one in cutting)

        return await self._connections.write(write)
