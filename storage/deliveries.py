"""The messages that a job owes: stored before the first is sent, one row each."""

import functools
from collections.abc import Sequence
from typing import Final

from sqlalchemy import ColumnElement, Connection, and_, bindparam, func, or_, select, update

from storage import rows
from storage.access import Access
from storage.errors import AgainLimitReached
from storage.job import Delivery, Job, State, WaitsFor, check_transition
from storage.prepared import Prepared
from storage.schema import deliveries, jobs
from storage.statements import Insert, insert_into, take_turn
from storage.updates import RELEASED, moved, saved

_TOLD: ColumnElement[bool] = or_(
    jobs.c.state == State.DONE.value,
    and_(jobs.c.state == State.WAITING.value, jobs.c.waits_for == WaitsFor.PICKUP.value),
)

_SAVING: Final = Prepared(
    update(deliveries).where(
        deliveries.c.job_id == bindparam("of_job"),
        deliveries.c.kind == bindparam("of_kind"),
        deliveries.c.part == bindparam("of_part"),
    )
)
"""Built once, as what follows: each message has two of them."""
_OF_JOB: Final = (
    select(deliveries)
    .where(deliveries.c.job_id == bindparam("of_job"))
    .order_by(deliveries.c.planned_at, deliveries.c.kind, deliveries.c.part)
)
_OTHERS_PLANNED: Final = Prepared(
    select(func.max(deliveries.c.planned_at)).where(
        deliveries.c.job_id == bindparam("of_job"), deliveries.c.kind != bindparam("of_kind")
    )
)

NEXT_NUMBER_S: Final = 0.001


HOUR_S: Final = 3_600.0
AHEAD_S: Final = 60.0


class _TooLate(Exception):
    """Rolls back the transaction, because its row exists already."""


class Deliveries(Access):
    """The part of the store that knows what was posted where."""

    async def plan(
        self, job: Job, deliveries: Sequence[Delivery], *, now: float, keep: bool = True
    ) -> Job:
        """Move the job to `posting` and store its messages, in one transaction.

        Idempotent: a message that is already planned stays as it is. Raises `ClaimLost`, and
        `IllegalTransition` from any state but `ready` and `posting`.
        """
        if job.state is State.POSTING:
            values = saved(State.POSTING, {}, now=now)
        else:
            check_transition(job.state, State.POSTING, job.waits_for)
            values = moved(job.state, State.POSTING, {}, now=now)

        def write(here: Connection) -> Job:
            fresh = self._write(here, job, values, now=now, keep=keep)
            self._insert_new(here, deliveries, now=now)
            return fresh

        return await self._connections.write(write)

    async def deliver_again(
        self,
        job_id: str,
        deliveries: Sequence[Delivery],
        *,
        now: float,
        again_by: int | None = None,
        per_hour: int = 0,
    ) -> Job | None:
        """Post a finished job, or one waiting for pick-up, in new messages; None: too late.

        `again_by` is the member who asks for it once more, and counts towards `per_hour`, 0 for no
        limit; raises `AgainLimitReached`.

        A person's decision: it needs no lease, and a member who stopped following follows again. Of
        two at the same moment, one wins; if a message of the same kind and part exists already,
        nothing changes.
        """
        values = {
            **moved(State.WAITING, State.POSTING, {"due_at": now, "stopped": False}, now=now),
            "ended_at": None,
            **RELEASED,
        }
        moving = update(jobs).where(jobs.c.id == job_id, _TOLD).values(values).returning(*jobs.c)

        def write(here: Connection) -> Job | None:
            if again_by is not None and per_hour:
                _check_repeats(here, again_by, per_hour, now)
            row = here.execute(moving).mappings().one_or_none()
            if row is None:
                return None
            if self._insert_new(here, deliveries, now=now, again_by=again_by) < len(deliveries):
                raise _TooLate
            return rows.job(row)

        try:
            return await self._connections.write(write)
        except _TooLate:
            return None

    async def owe(self, job: Job, delivery: Delivery, *, now: float) -> Delivery:
        """Store a message that is no outcome, under the job's lease; raises `ClaimLost`.

        Idempotent: returns the message as it is, if it was stored before.
        """
        owed = await self.owe_all(job, [delivery], now=now)
        return next(one for one in owed if one.part == delivery.part)

    async def owe_all(self, job: Job, owed: Sequence[Delivery], *, now: float) -> list[Delivery]:
        """Store messages of one kind that are no outcomes; returns all of this kind. As `owe`."""
        these = _OF_JOB.where(deliveries.c.kind == owed[0].kind)

        def write(here: Connection) -> list[Delivery]:
            self._hold(here, job, now=now)
            self._insert_new(here, owed, now=now)
            return [
                rows.delivery(row) for row in here.execute(these, {"of_job": job.id}).mappings()
            ]

        return await self._connections.write(write)

    async def deliveries(self, job_id: str) -> list[Delivery]:
        """Return the messages that the job owes or has sent, in the order of planning."""
        mine = {"of_job": job_id}
        return await self._connections.read(
            lambda here: [rows.delivery(row) for row in here.execute(_OF_JOB, mine).mappings()]
        )

    async def save_delivery(
        self, job: Job, delivery: Delivery, *, now: float | None = None
    ) -> None:
        """Store the state of a message, under the job's lease; raises `ClaimLost`.

        With `now` the lease must still be valid: use it for a write that precedes a post. Without
        it, it is enough that no other process claimed the job: what was posted must be recorded.
        """
        of = {"of_job": job.id, "of_kind": delivery.kind, "of_part": delivery.part}

        def write(here: Connection) -> None:
            self._hold(here, job, now=now)
            _SAVING.write(here, [rows.delivery_row(delivery) | of])

        await self._connections.write(write)

    async def split(self, job: Job, parts: Sequence[Delivery], *, now: float) -> None:
        """Split one message into several before its first try, in one transaction.

        The first of `parts` replaces the planned one, the others are new; a message that has been
        tried stays as it is. Raises `ClaimLost`.
        """
        first, *others = parts
        cutting = (
            update(deliveries)
            .where(
                deliveries.c.job_id == job.id,
                deliveries.c.kind == first.kind,
                deliveries.c.part == first.part,
                deliveries.c.tries == 0,
            )
            .values(items=list(first.items))
        )

        def write(here: Connection) -> None:
            self._hold(here, job, now=now)
            if here.execute(cutting).rowcount:
                self._insert_new(here, others, now=now)

        await self._connections.write(write)

    def _insert_new(
        self,
        connection: Connection,
        planned: Sequence[Delivery],
        *,
        now: float,
        again_by: int | None = None,
    ) -> int:
        inserted = 0
        for delivery in planned:
            # A number in the form of a time: later kinds come later, whatever the clock says.
            of = {"of_job": delivery.job_id, "of_kind": delivery.kind}
            [[earlier]] = _OTHERS_PLANNED.rows(connection, of)
            planned_at = now if earlier is None else max(now, earlier + NEXT_NUMBER_S)
            row = {**rows.delivery_row(delivery), "planned_at": planned_at, "again_by": again_by}
            inserted += connection.execute(_planning(self._connections.dialect), row).rowcount
        return inserted


@functools.cache
def _planning(dialect: str) -> Insert:
    """Return the insertion of a message that may be planned already; built once."""
    return insert_into(dialect, deliveries).on_conflict_do_nothing()


def _check_repeats(connection: Connection, member: int, per_hour: int, now: float) -> None:
    """Let one more repeat of this member pass; raises `AgainLimitReached`."""
    take_turn(connection, member)
    lately = (
        select(deliveries.c.planned_at)
        .where(
            deliveries.c.again_by == member,
            # What is far ahead was planned before the clock was set back: it counts no more.
            deliveries.c.planned_at.between(now - HOUR_S + NEXT_NUMBER_S, now + AHEAD_S),
        )
        .order_by(deliveries.c.planned_at.desc())
        .limit(per_hour)
    )
    asked = connection.execute(lately).scalars().all()
    if len(asked) == per_hour:
        raise AgainLimitReached(per_hour, per_hour, asked[-1] + HOUR_S)
