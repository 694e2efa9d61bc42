"""What every part of the store builds on: the connections, and this process's name on leases."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from storage import rows
from storage.connections import POSTGRESQL, Connections
from storage.errors import ClaimLost, RowUnreadable
from storage.job import Job
from storage.schema import inputs, jobs
from storage.updates import RELEASED


class Access:
    """Base of the parts of `JobStore`: checks who holds a row, and writes under a lease."""

    def __init__(self, connections: Connections, owner: str) -> None:
        self._connections = connections
        self._owner = owner
        self._unreadable: dict[str, RowUnreadable] = {}
        self._not_reported: list[RowUnreadable] = []

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

    def _held(self, job: Job) -> ColumnElement[bool]:
        """Match the row where the holder left it, unless another process has claimed it."""
        return and_(
            jobs.c.id == job.id,
            jobs.c.state == job.state.value,
            jobs.c.lease_owner == self._owner,
        )

    def _write(
        self,
        connection: Connection,
        job: Job,
        values: dict[str, Any],
        *,
        now: float,
        keep: bool,
    ) -> Job:
        """Write under the lease and return the fresh job; raises `ClaimLost`.

        A final write succeeds even after the lease expired, unless another process claimed the row.
        A write with `keep` needs a live lease, because side effects follow.
        """
        held = self._held(job)
        if keep:
            held = and_(held, jobs.c.lease_until > now)
        else:
            values = {**values, **RELEASED}
        written = connection.execute(update(jobs).where(held).values(values).returning(*jobs.c))
        row = written.mappings().one_or_none()
        if row is None:
            raise ClaimLost
        return rows.job(row)

    def _hold(self, connection: Connection, job: Job, *, now: float | None = None) -> None:
        """Lock the row until the transaction ends; raises `ClaimLost`."""
        held = self._held(job)
        if now is not None:
            held = and_(held, jobs.c.lease_until > now)
        found = connection.execute(select(jobs.c.id).where(held).with_for_update())
        if found.one_or_none() is None:
            raise ClaimLost

    def _insert(self, table: Table) -> postgresql.Insert | sqlite.Insert:
        """An INSERT with ON CONFLICT."""
        return insert_into(self._connections.dialect, table)


def insert_into(dialect: str, table: Table) -> postgresql.Insert | sqlite.Insert:
    """Return an INSERT with ON CONFLICT, which both databases spell alike."""
    return postgresql.insert(table) if dialect == POSTGRESQL else sqlite.insert(table)


def delete_inputs(connection: Connection, job_id: str) -> None:
    """Delete everything stored for the job."""
    connection.execute(delete(inputs).where(inputs.c.job_id == job_id))


def take_turn(connection: Connection, number: int) -> None:
    """Serialize transactions of all processes on this number (64 bits)."""
    if connection.dialect.name == POSTGRESQL:
        connection.execute(select(func.pg_advisory_xact_lock(number)))
