"""Entering and leaving: the row before the answer, and what becomes of it when there is none."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import rows
from storage.access import Access
from storage.errors import DayLimitReached, DuplicateInteraction
from storage.job import Job, StoredInput
from storage.schema import inputs, jobs
from storage.writes import RELEASED

BEING_ANSWERED_S: Final = 60.0
"""A row without a recorded answer counts towards the day this long: it is likely to get one."""
_INSERT: Final = insert(jobs)
"""Built once: values for its fifty columns go in as parameters, and a member waits for it."""


class Entering(Access):
    """The part of the store that commands enter by."""

    async def insert(
        self,
        job: Job,
        inputs: Sequence[StoredInput] = (),
        *,
        day_limit: int = 0,
        day_starts: float = 0.0,
    ) -> None:
        """Remember the job with its inputs, whole or not at all.

        Raises `DuplicateInteraction`, and `DayLimitReached` when the member has `day_limit` jobs
        since `day_starts` (Unix seconds) already; 0 is no limit. Two commands of one member at the
        same moment never pass a limit that has room for one.
        """
        try:
            async with self._connections.writing() as connection:
                if day_limit:
                    await self._check_day(connection, job, day_limit, day_starts)
                await connection.execute(_INSERT, rows.job_row(job))
                await _insert_inputs(connection, job, inputs)
        except IntegrityError:
            if await self._is_known(job.origin.interaction_id):
                raise DuplicateInteraction from None
            raise

    async def mark_answered(
        self, job_id: str, *, message_id: int, now: float, due_at: float
    ) -> bool:
        """Record that the member saw the card; from here on nothing is lost.

        The card shows what it wanted, and the job is due at `due_at`. False when the answer was
        recorded before, or the row is withdrawn.
        """
        async with self._connections.writing() as connection:
            answered = await connection.execute(
                update(jobs)
                .where(jobs.c.id == job_id, jobs.c.answered_at.is_(None))
                .values(
                    answered_at=now,
                    updated_at=now,
                    due_at=due_at,
                    card_message_id=message_id,
                    card_shows=jobs.c.card_wants,
                    card_due_at=None,
                    **RELEASED,
                )
            )
            return answered.rowcount > 0

    async def withdraw(self, job_id: str) -> bool:
        """Forget a job that was never answered, with its inputs; False once it was."""
        async with self._connections.writing() as connection:
            withdrawn = await connection.execute(
                delete(jobs).where(jobs.c.id == job_id, jobs.c.answered_at.is_(None))
            )
            return withdrawn.rowcount > 0

    async def put_inputs(self, job: Job, inputs: Sequence[StoredInput]) -> None:
        """Store inputs that were fetched after the answer, under the lease; raises `ClaimLost`.

        An input of the same name is replaced.
        """
        async with self._connections.writing() as connection:
            await self._hold(connection, job)
            await _delete_inputs(connection, job, [entry.name for entry in inputs])
            await _insert_inputs(connection, job, inputs)

    async def _check_day(
        self, connection: AsyncConnection, job: Job, day_limit: int, day_starts: float
    ) -> None:
        await self._take_turn(connection, job.origin.user_id)
        same = jobs.c.interaction_id == job.origin.interaction_id
        counted = await connection.execute(
            select(func.count(), select(jobs.c.id).where(same).scalar_subquery())
            .select_from(jobs)
            .where(
                jobs.c.user_id == job.origin.user_id,
                jobs.c.created_at >= day_starts,
                or_(
                    jobs.c.answered_at.is_not(None),
                    jobs.c.created_at > job.created_at - BEING_ANSWERED_S,
                ),
            )
        )
        used, duplicate = counted.one()
        if duplicate is not None:
            raise DuplicateInteraction
        if used >= day_limit:
            raise DayLimitReached(used, day_limit)

    async def _is_known(self, interaction_id: int) -> bool:
        same = select(jobs.c.id).where(jobs.c.interaction_id == interaction_id)
        async with self._connections.reading() as connection:
            return (await connection.execute(same)).first() is not None


async def _insert_inputs(
    connection: AsyncConnection, job: Job, entries: Sequence[StoredInput]
) -> None:
    if entries:
        await connection.execute(
            insert(inputs), [rows.input_row(job.id, entry) for entry in entries]
        )


async def _delete_inputs(connection: AsyncConnection, job: Job, names: Sequence[str]) -> None:
    await connection.execute(
        delete(inputs).where(inputs.c.job_id == job.id, inputs.c.name.in_(names))
    )
