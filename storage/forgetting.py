"""Deleting jobs with their inputs and messages, in many short writes.

A stored file is overwritten piece by piece before its row is deleted: a single write that
overwrites ten megabytes would delay every other write.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Delete,
    Select,
    Update,
    and_,
    delete,
    func,
    select,
)

from storage.access import Access
from storage.connections import SQLITE
from storage.job_deletion import Copies, delete_jobs
from storage.schema import inputs, jobs
from storage.sqlite_tidying import OVERWRITTEN_BYTES

JOBS_AT_ONCE: Final = 20
"""Rows deleted in one transaction, with their inputs and messages."""
INPUTS_AT_ONCE: Final = 500
"""Rows of inputs looked at in one read."""


class Forgetting(Access):
    """Base of the parts of the store that delete jobs."""

    async def _forget(
        self,
        which: ColumnElement[bool],
        *,
        now: float,
        slots_kept_s: float = 0.0,
        copies: Copies = Copies.FORGOTTEN,
    ) -> int:
        """Delete these jobs a few at a time, if they still match when it is their turn.

        A running step loses its claim. Returns how many were deleted.
        """
        forgotten = 0
        page = select(jobs.c.id, jobs.c.ended_at).where(which).limit(JOBS_AT_ONCE)
        while True:
            found = await self._connections.read(lambda here: here.execute(page).all())
            if not found:
                return forgotten
            await self._drop_inputs([row.id for row in found if row.ended_at is not None])
            these = jobs.c.id.in_([row.id for row in found])
            both = and_(these, which)
            deleting = partial(
                delete_jobs,
                which=both,
                now=now,
                slots_kept_s=slots_kept_s,
                copies=copies,
            )
            # None, if another process has just deleted them all: there may be more.
            forgotten += await self._connections.write(deleting)

    async def _drop_inputs_ended_before(self, moment: float) -> None:
        """Delete the inputs of jobs that ended by then; jobs without inputs are not read."""
        after = ""
        while found := await self._with_inputs(after):
            after = found[-1]
            old = select(jobs.c.id).where(jobs.c.id.in_(found), jobs.c.ended_at <= moment)
            await self._drop_inputs(await self._ids(old))

    async def _with_inputs(self, after: str) -> Sequence[str]:
        """Return the next jobs that have inputs, ordered by id."""
        page = select(inputs.c.job_id).where(inputs.c.job_id > after).order_by(inputs.c.job_id)
        return await self._connections.read(
            lambda here: here.execute(page.limit(INPUTS_AT_ONCE)).scalars().all()
        )

    async def _ids(self, which: Select[str]) -> Sequence[str]:
        return await self._connections.read(lambda here: here.execute(which).scalars().all())

    async def _drop_inputs(self, job_ids: Sequence[str]) -> None:
        """Overwrite and delete the inputs of jobs that have ended, one at a time."""
        theirs = select(
            inputs.c.job_id, inputs.c.name, func.length(inputs.c.data).label("size_bytes")
        ).where(inputs.c.job_id.in_(job_ids))
        found = await self._connections.read(lambda here: here.execute(theirs).all())
        for row in found if job_ids else ():
            this = delete(inputs).where(inputs.c.job_id == row.job_id, inputs.c.name == row.name)
            large = row.size_bytes > OVERWRITTEN_BYTES
            if large:
                await self._connections.overwrite_input(row.job_id, row.name)
            await self._connections.write(rows_of(this, overwritten=large))


def rows_of(
    statement: Delete | Update, *, overwritten: bool = False
) -> Callable[[Connection], int]:
    """Return a write that executes this and returns how many rows matched.

    With `overwritten`, the deleted content was overwritten before.
    """

    def write(here: Connection) -> int:
        if not overwritten or here.dialect.name != SQLITE:
            return here.execute(statement).rowcount
        here.exec_driver_sql("PRAGMA secure_delete = FAST")
        try:
            return here.execute(statement).rowcount
        finally:
            here.exec_driver_sql("PRAGMA secure_delete = ON")

    return write
