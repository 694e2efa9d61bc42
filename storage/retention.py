"""What is deleted when: by age, or on request."""

from functools import partial
from typing import Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Delete,
    Update,
    and_,
    delete,
    exists,
    not_,
    or_,
    select,
    true,
    tuple_,
    update,
)

from storage.characters import forget_characters_of_member
from storage.drafts import forget_drafts_until
from storage.forget_requests import ForgetRequest, end_forgetting
from storage.forgetting import JOBS_AT_ONCE, Forgetting, rows_of
from storage.job_deletion import Copies
from storage.learning import forget_places
from storage.limits import forget_input_bytes
from storage.line import forget_turns
from storage.old_books import forget_member_in_books, forget_server_in_books, purge_books
from storage.people import forget_person, forget_place
from storage.schema import deliveries, input_bytes, inputs, jobs, lineage, turns, upload_limits
from storage.showcased import take_out_copies_of_member
from storage.sqlite_copies import (
    forget_member_in_copies,
    forget_server_in_copies,
    purge_copies,
)
from storage.upload_limits import forget_upload_limits

BYTES_KEPT_S: Final = 2 * 86_400.0
"""How long the count of a day's bytes is kept: its day, and one for clocks that differ."""
SMALL_ROWS_AT_ONCE: Final = 10 * JOBS_AT_ONCE


class Retention(Forgetting):
    """The part of the store that deletes."""

    async def purge(self, *, now: float, inputs_older_s: float, jobs_older_s: float) -> int:
        """Delete what is old enough; return how many jobs were deleted.

        Ages are seconds since a job ended. Open jobs stay at any age, and so does a given-up job
        while its result is still looked for. Expired interaction tokens are cleared too, and inputs
        that are no longer useful are deleted. Afterwards the file is shrunk to its content.
        """
        await self._connections.write(lambda here: forget_upload_limits(here, now))
        await self._connections.write(lambda here: forget_turns(here, now))
        await self._connections.write(lambda here: forget_places(here, now))
        await self._connections.write(lambda here: forget_input_bytes(here, now - BYTES_KEPT_S))
        await self._connections.write(lambda here: forget_drafts_until(here, now))
        for clearing in (
            _clearing_card_tokens(now),
            _clearing_delivery_tokens(now),
            _deleting_useless_inputs(now),
        ):
            while await self._connections.write(rows_of(clearing)) == SMALL_ROWS_AT_ONCE:
                pass
        await self._drop_inputs_ended_before(now - inputs_older_s)
        nobodys = or_(jobs.c.lease_until.is_(None), jobs.c.lease_until <= now)
        marked = jobs.c.to_forget_since.is_not(None)
        old = and_(_ended_before(now - jobs_older_s), not_(marked), nobodys)
        gone = await self._forget(old, now=now, copies=Copies.KEPT)
        gone += await self._forget(
            and_(marked, jobs.c.ended_at.is_not(None), nobodys),
            now=now,
            copies=Copies.TAKEN_OUT,
        )
        copies = partial(
            purge_copies, inputs_before=now - inputs_older_s, jobs_before=now - jobs_older_s
        )
        await self._connections.in_copies(copies)
        await self._connections.tidy()
        return gone

    async def forget_member(self, user_id: int, *, now: float, slots_kept_s: float = 0.0) -> int:
        """Delete all jobs of a member, ended or not; return how many.

        Jobs that others made from them are deleted too, because the member's words and files came
        along; characters that they made go, and copies of them in a showcase go out of Discord. If
        such a job has not ended, its own member is still waiting for it: it ends first, and the
        next purge deletes it. A running step
        of a deleted job loses its claim. Slots of tasks that may run on count for `slots_kept_s`
        seconds more. The member's id stays in the ledger until the UTC day is over, because the
        limits need it; the purge then removes it.
        """
        gone = await self._forget_jobs_of(user_id, true(), now, slots_kept_s)

        def end(here: Connection) -> None:
            _forget_rest_of(here, user_id, now)
            forget_characters_of_member(here, user_id, now=now, until=now)

        await self._connections.write(end)
        await self._forget_copies_of(user_id)
        return gone

    async def honour(
        self, request: ForgetRequest, *, now: float, slots_kept_s: float = 0.0
    ) -> int | None:
        """Do what a member asked for, and note that it is done, in one write with the last of it.

        As `forget_member`, but what was accepted since they asked stays, with what was made of it.
        Several processes may be at the same request: one ends it, once no job is left; for the
        others None is returned, and what the member has set since then is not touched.
        """
        meant = jobs.c.created_at <= request.asked_at
        gone = await self._forget_jobs_of(request.user_id, meant, now, slots_kept_s)

        def end(here: Connection) -> bool:
            if not end_forgetting(here, request, now=now):
                return False
            _forget_rest_of(here, request.user_id, now)
            forget_characters_of_member(here, request.user_id, now=now, until=request.asked_at)
            return True

        if not await self._connections.write(end):
            return None
        await self._forget_copies_of(request.user_id)
        return gone

    async def _forget_jobs_of(
        self, user_id: int, meant: ColumnElement[bool], now: float, slots_kept_s: float
    ) -> int:
        # Their own first: after that no further job can be made of them.
        own = and_(jobs.c.user_id == user_id, meant)
        gone = await self._forget(own, now=now, slots_kept_s=slots_kept_s, copies=Copies.TAKEN_OUT)
        parents = jobs.alias("parents")
        made_of_it = select(lineage.c.job_id).where(lineage.c.user_id == user_id)
        others = and_(jobs.c.id.in_(made_of_it), jobs.c.user_id != user_id)
        # What was made in between of what is gone has the member's files, whenever it was made.
        there = parents.c.id == jobs.c.parent_id, parents.c.to_forget_since.is_(None)
        of_gone = and_(jobs.c.parent_id.is_not(None), not_(exists().where(*there)))
        waiting = update(jobs).where(others, jobs.c.to_forget_since.is_(None), or_(meant, of_gone))
        # Marked, they are no parents either; so each look may find those made of the last ones.
        while await self._connections.write(rows_of(waiting.values(to_forget_since=now))):
            pass
        ended = and_(others, jobs.c.to_forget_since.is_not(None), jobs.c.ended_at.is_not(None))
        return gone + await self._forget(ended, now=now, copies=Copies.TAKEN_OUT)

    async def _forget_copies_of(self, user_id: int) -> None:
        await self._connections.in_copies(partial(forget_member_in_copies, user_id=user_id))
        await self._connections.tidy()

    async def forget_server(self, guild_id: int, *, now: float, slots_kept_s: float = 0.0) -> int:
        """Delete all jobs of a server, ended or not; return how many. Else as `forget_member`."""
        limits = delete(upload_limits).where(upload_limits.c.guild_id == guild_id)
        await self._connections.write(rows_of(limits))
        its = delete(turns).where(turns.c.guild_id == guild_id)
        await self._connections.write(rows_of(its))
        await self._connections.write(lambda here: forget_place(here, guild_id))
        gone = await self._forget(jobs.c.guild_id == guild_id, now=now, slots_kept_s=slots_kept_s)
        await self._connections.write(lambda here: forget_server_in_books(here, guild_id, now))
        await self._connections.in_copies(partial(forget_server_in_copies, guild_id=guild_id))
        await self._connections.tidy()
        return gone

    async def purge_books(self, *, now: float, older_s: float) -> None:
        """Delete old entries, totals whose day or month is over, and ids of the forgotten."""
        await self._connections.write(lambda here: purge_books(here, now, older_s))


def _forget_rest_of(connection: Connection, user_id: int, now: float) -> None:
    asked_again = update(deliveries).where(deliveries.c.again_by == user_id)
    connection.execute(asked_again.values(again_by=None))
    connection.execute(delete(turns).where(turns.c.user_id == user_id))
    connection.execute(delete(input_bytes).where(input_bytes.c.user_id == user_id))
    forget_person(connection, user_id)
    take_out_copies_of_member(connection, user_id, now)
    forget_member_in_books(connection, user_id, now)


def _ended_before(moment: float) -> ColumnElement[bool]:
    still_looked_for = and_(jobs.c.gave_up, jobs.c.due_at.is_not(None))
    return and_(jobs.c.ended_at <= moment, not_(still_looked_for))


def _clearing_card_tokens(now: float) -> Update:
    dead = select(jobs.c.id).where(jobs.c.card_token.is_not(None), jobs.c.card_token_until <= now)
    these = jobs.c.id.in_(dead.limit(SMALL_ROWS_AT_ONCE))
    return update(jobs).where(these).values(card_token=None)


def _clearing_delivery_tokens(now: float) -> Update:
    message = (deliveries.c.job_id, deliveries.c.kind, deliveries.c.part)
    dead = select(*message).where(deliveries.c.token.is_not(None), deliveries.c.token_until <= now)
    these = tuple_(*message).in_(dead.limit(SMALL_ROWS_AT_ONCE))
    return update(deliveries).where(these).values(token=None)


def _deleting_useless_inputs(now: float) -> Delete:
    """Delete inputs past their moment: URLs that have expired, not files."""
    name = (inputs.c.job_id, inputs.c.name)
    useless = select(*name).where(inputs.c.until <= now).limit(SMALL_ROWS_AT_ONCE)
    return delete(inputs).where(tuple_(*name).in_(useless))
