"""Housekeeping: small facts that outlive the process, and what is deleted when."""

from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Delete, and_, delete, not_, or_, select, update

from storage.access import Access
from storage.job import ENDED
from storage.schema import deliveries, facts, inputs, jobs, upload_limits
from storage.upload_limits import forget_upload_limits

PAUSED_FACT: Final = "paused"
"""Set by the operator to hold everything that would go to Kling; dispatching checks it."""


class Purges(Access):
    """The part of the store that keeps house."""

    async def fact(self, key: str) -> str | None:
        """Return the value stored under the key."""
        noted = select(facts.c.value).where(facts.c.key == key)
        return await self._connections.read(lambda here: here.execute(noted).scalar_one_or_none())

    async def set_fact(self, key: str, value: str) -> None:
        """Store a value under the key, replacing an earlier one."""
        noting = self._insert(facts).values(key=key, value=value)
        noting = noting.on_conflict_do_update(index_elements=["key"], set_={"value": value})
        await self._connections.write(lambda here: here.execute(noting).close())

    async def purge(self, *, now: float, inputs_older_s: float, jobs_older_s: float) -> int:
        """Delete what is old enough; return how many jobs were deleted.

        Ages are seconds since a job ended. Open jobs stay at any age, and so does a given-up job
        while its result is still looked for. Expired interaction tokens are cleared too, and inputs
        that are no longer useful are deleted.
        """

        def forget(here: Connection) -> int:
            forget_upload_limits(here, now)
            here.execute(delete(inputs).where(inputs.c.until <= now))
            old = _ended_before(now - inputs_older_s)
            here.execute(delete(inputs).where(inputs.c.job_id.in_(select(jobs.c.id).where(old))))
            here.execute(
                update(jobs)
                .where(jobs.c.card_token.is_not(None), jobs.c.card_token_until <= now)
                .values(card_token=None)
            )
            here.execute(
                update(deliveries)
                .where(deliveries.c.token.is_not(None), deliveries.c.token_until <= now)
                .values(token=None)
            )
            forgotten = here.execute(
                delete(jobs).where(
                    _ended_before(now - jobs_older_s),
                    not_(and_(jobs.c.gave_up, jobs.c.due_at.is_not(None))),
                    or_(jobs.c.lease_until.is_(None), jobs.c.lease_until <= now),
                )
            )
            return forgotten.rowcount

        return await self._connections.write(forget)

    async def forget_member(self, user_id: int) -> int:
        """Delete all jobs of a member, ended or not; return how many."""
        return await self._forget(jobs.c.user_id == user_id)

    async def forget_server(self, guild_id: int) -> int:
        """Delete all jobs of a server, ended or not; return how many."""
        limits = delete(upload_limits).where(upload_limits.c.guild_id == guild_id)
        return await self._forget(jobs.c.guild_id == guild_id, limits)

    async def _forget(self, whose: ColumnElement[bool], *more: Delete) -> int:
        """Delete rows with their inputs and messages; a running step loses its claim."""

        def forget(here: Connection) -> int:
            for one in more:
                here.execute(one)
            return here.execute(delete(jobs).where(whose)).rowcount

        return await self._connections.write(forget)


def _ended_before(moment: float) -> ColumnElement[Any]:
    return and_(
        jobs.c.state.in_([state.value for state in ENDED]),
        jobs.c.ended_at <= moment,
    )
