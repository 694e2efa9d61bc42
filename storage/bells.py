"""Bells: members besides the requester who want to hear when a job has ended."""

import enum
from typing import Final

from sqlalchemy import Connection, and_, delete, func, insert, not_, or_, select

from storage.access import Access
from storage.job import State, WaitsFor
from storage.schema import bells, jobs

BELLS_MAX: Final = 20
"""Of one job: so many members are mentioned besides the requester."""
_STILL_TO_COME: Final = and_(
    jobs.c.stopped.is_(False),
    or_(
        jobs.c.state.in_(
            [
                State.PREPARING.value,
                State.QUEUED.value,
                State.CREATING.value,
                State.RUNNING.value,
            ]
        ),
        and_(
            jobs.c.state == State.WAITING.value,
            not_(jobs.c.waits_for == WaitsFor.PICKUP.value),
        ),
    ),
)
"""Later the message may be made already."""


class Rung(enum.Enum):
    """What became of a press of the bell."""

    ON = enum.auto()
    OFF = enum.auto()
    FULL = enum.auto()
    TOO_LATE = enum.auto()


class Bells(Access):
    """The part of the store that keeps bells."""

    async def ring(self, job_id: str, user_id: int) -> Rung:
        """Put the member's bell on, or take it off again; only while the end is still to come."""
        still = select(jobs.c.id).where(jobs.c.id == job_id, _STILL_TO_COME).with_for_update()
        theirs = and_(bells.c.job_id == job_id, bells.c.user_id == user_id)
        count = select(func.count()).select_from(bells).where(bells.c.job_id == job_id)

        def write(here: Connection) -> Rung:
            if here.execute(still).one_or_none() is None:
                return Rung.TOO_LATE
            if here.execute(delete(bells).where(theirs)).rowcount:
                return Rung.OFF
            if here.execute(count).scalar_one() >= BELLS_MAX:
                return Rung.FULL
            here.execute(insert(bells).values(job_id=job_id, user_id=user_id))
            return Rung.ON

        return await self._connections.write(write)

    async def bells(self, job_id: str) -> list[int]:
        """Return the members whose bell is on."""
        theirs = select(bells.c.user_id).where(bells.c.job_id == job_id).order_by(bells.c.user_id)
        return await self._connections.read(lambda here: [*here.execute(theirs).scalars()])


def forget_bells_of_member(connection: Connection, user_id: int) -> None:
    """Take off every bell of a member."""
    connection.execute(delete(bells).where(bells.c.user_id == user_id))
