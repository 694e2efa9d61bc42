"""What every part of the store builds on: the connections, and this process's name on leases."""

import functools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Table,
    and_,
    bindparam,
    delete,
    select,
    true,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate

from storage import rows
from storage.connections import SQLITE, Connections
from storage.errors import ClaimLost, RowUnreadable
from storage.job import Job
from storage.ledger import Pending, book, whose
from storage.money import Booking, amounts
from storage.schema import inputs, jobs
from storage.statements import Insert, insert_into
from storage.updates import RELEASED


class Access:
    """Base of the parts of `JobStore`: checks who holds a row, and writes under a lease."""

    def __init__(self, connections: Connections, owner: str) -> None:
        self._connections = connections
        self._owner = owner
        self._unreadable: dict[str, RowUnreadable] = {}
        self._not_reported: list[RowUnreadable] = []

    @property
    def shared(self) -> bool:
        """Whether other processes may use the same database."""
        return self._connections.dialect != SQLITE

    def newly_unreadable(self) -> list[RowUnreadable]:
        """Return the rows that turned out to be unreadable since the last call, each row once."""
        found, self._not_reported = self._not_reported, []
        return found

    def note_unreadable(self, row: RowUnreadable) -> None:
        """Have it reported, if it was not yet."""
        if row.job_id not in self._unreadable:
            self._unreadable[row.job_id] = row
            self._not_reported.append(row)

    def _readable(self, found: Iterable[Mapping[Any, Any]]) -> list[Job]:
        """Return the jobs in these rows, one by one: one that can't be read is left out."""
        readable: list[Job] = []
        for row in found:
            try:
                readable.append(rows.job(row))
            except RowUnreadable as unreadable:
                self.note_unreadable(unreadable)
        return readable

    def _as_left(self, job: Job, now: float | None) -> dict[str, Any]:
        """Return what `_held` compares: the row where the holder left it."""
        return {
            "left_id": job.id,
            "left_state": job.state.value,
            "left_owner": self._owner,
            "left_units_held": job.units_held,
            "left_units_spent": job.units_spent,
            "left_now": now,
        }

    def _write(
        self,
        connection: Connection,
        job: Job,
        values: dict[str, Any],
        *,
        now: float,
        keep: bool,
        bookings: Sequence[Booking] = (),
    ) -> Job:
        """Write under the lease and return the fresh job; raises `ClaimLost`.

        A final write succeeds even after the lease expired, unless another process claimed the row.
        A write with `keep` needs a live lease, because side effects follow. What it changes about
        units is booked with it.
        """
        if bookings:
            values = {**values, **bookings[-1].after.columns()}
        if not keep:
            values = {**values, **RELEASED}
        writing = _writing(keep=keep, booking=bool(bookings))
        computed = {name: one for name, one in values.items() if isinstance(one, ColumnElement)}
        if computed:
            writing = writing.values(computed)
        given = {name: one for name, one in values.items() if name not in computed}
        written = connection.execute(writing, given | self._as_left(job, now))
        row = written.mappings().one_or_none()
        if row is None:
            raise ClaimLost
        fresh = rows.job(row)
        book_job(connection, job, fresh, bookings, now=now)
        return fresh

    def _hold(self, connection: Connection, job: Job, *, now: float | None = None) -> None:
        """Lock the row until the transaction ends; raises `ClaimLost`."""
        holding = _holding(keep=now is not None)
        found = connection.execute(holding, self._as_left(job, now))
        if found.one_or_none() is None:
            raise ClaimLost

    def _insert(self, table: Table) -> Insert:
        """An INSERT with ON CONFLICT."""
        return insert_into(self._connections.dialect, table)


def delete_inputs(connection: Connection, job_id: str) -> None:
    """Delete everything stored for the job."""
    connection.execute(delete(inputs).where(inputs.c.job_id == job_id))


def book_job(
    connection: Connection, before: Job, after: Job, bookings: Sequence[Booking], *, now: float
) -> None:
    """Write the entries of one job's change, in the transaction that changes its row."""
    pending = Pending()
    pending.add(whose(after), amounts(before), bookings, now)
    book(connection, pending)


@functools.cache
def _held(*, keep: bool, booking: bool) -> ColumnElement[bool]:
    """Match the row where the holder left it, unless another process has claimed it."""
    return and_(
        jobs.c.id == bindparam("left_id"),
        jobs.c.state == bindparam("left_state"),
        jobs.c.lease_owner == bindparam("left_owner"),
        jobs.c.lease_until > bindparam("left_now") if keep else true(),
        jobs.c.units_held == bindparam("left_units_held") if booking else true(),
        jobs.c.units_spent == bindparam("left_units_spent") if booking else true(),
    )


@functools.cache
def _writing(*, keep: bool, booking: bool) -> ReturningUpdate[Any]:
    """Return the write of a step, without what it writes: built once, because each job has ten."""
    return update(jobs).where(_held(keep=keep, booking=booking)).returning(*jobs.c)


@functools.cache
def _holding(*, keep: bool) -> Select[str]:
    return select(jobs.c.id).where(_held(keep=keep, booking=False)).with_for_update()
