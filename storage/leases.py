"""Writing under a lease: how a step moves its job on."""

from dataclasses import replace
from typing import Unpack

from sqlalchemy import Connection, and_, update

from storage.access import Access, delete_inputs
from storage.character import Character
from storage.characters import enter_character
from storage.job import Job, State, check_transition
from storage.money import Money, amounts, moved_amounts, told
from storage.rows import StepChanges
from storage.schema import jobs
from storage.updates import RELEASED, card_shown, moved, saved


class Leases(Access):
    """The part of the store that steps write through. Only the named columns are written.

    So a flag that a person has set in between survives, and is in the job that comes back.
    """

    async def move(
        self,
        job: Job,
        to: State,
        *,
        now: float,
        keep: bool = False,
        drop_inputs: bool = False,
        money: Money | None = None,
        character: Character | None = None,
        **changes: Unpack[StepChanges],
    ) -> Job:
        """Move the job and release it, or `keep` it for the same step's next write.

        `money` is what the step has learnt about the job's task; where there may be one, what ends
        the step has to say it. The entries of the ledger follow from the move.

        The inputs of a cancelled job are deleted by the same write, and with `drop_inputs` those of
        any: a refused one's are of no use. Otherwise they stay for "run again".

        The `character` that the task has made becomes the member's by the same write.

        Raises `IllegalTransition` for a programming error, and `ClaimLost` if the row is no longer
        where the step found it or no longer this process's.
        """
        asked = changes.get("waits_for") if to is State.WAITING else job.waits_for
        check_transition(job.state, to, asked)
        values = moved(job.state, to, changes, now=now)
        bookings = moved_amounts(amounts(job), job.state, to, job.waits_for, money)

        def write(here: Connection) -> Job:
            fresh = self._write(here, job, values, now=now, keep=keep, bookings=bookings)
            if drop_inputs or to is State.CANCELLED:
                delete_inputs(here, job.id)
            return fresh if character is None else _entered(here, fresh, character)

        return await self._connections.write(write)

    async def save(
        self,
        job: Job,
        *,
        now: float,
        keep: bool = False,
        money: Money | None = None,
        **changes: Unpack[StepChanges],
    ) -> Job:
        """Write without moving; releases, books and raises as `move` does."""
        values = saved(job.state, changes, now=now)
        bookings = told(amounts(job), money)
        return await self._connections.write(
            lambda here: self._write(here, job, values, now=now, keep=keep, bookings=bookings)
        )

    async def card_shown(self, job: Job, view: str, *, now: float) -> Job:
        """Record that the card now shows `view`, and release the job; raises `ClaimLost`.

        If a press made the card want something else during the edit, it stays due.
        """
        values = card_shown(job.state, view, now=now)
        return await self._connections.write(
            lambda here: self._write(here, job, values, now=now, keep=False)
        )

    async def let_go(self, job: Job) -> None:
        """Release the row if it is still this process's; its last write stays."""
        mine = and_(jobs.c.id == job.id, jobs.c.lease_owner == self._owner)
        freeing = update(jobs).where(mine).values(RELEASED)
        await self._connections.write(lambda here: here.execute(freeing).close())


def _entered(connection: Connection, job: Job, character: Character) -> Job:
    """Enter the character, and have the outcome say the name that it got."""
    name = enter_character(connection, job, character)
    if name in {None, character.name}:
        return job
    outcome = {**(job.outcome or {}), "character": name}
    connection.execute(update(jobs).where(jobs.c.id == job.id).values(outcome=outcome))
    return replace(job, outcome=outcome)
