"""Writes from outside the loop: people's decisions, and a task id that is learnt late.

Compare-and-set, without a lease: the second of two decisions gets "too late".
"""

from typing import Any, Final, Unpack

from sqlalchemy import ColumnElement, Connection, and_, or_, select, update

from storage import rows
from storage.access import Access, book_job, delete_inputs
from storage.job import WAITING_EXITS, Job, State, WaitsFor, check_transition
from storage.money import amounts, moved_amounts
from storage.ownership import owned_by_another
from storage.rows import Changes
from storage.schema import jobs
from storage.updates import RELEASED, moved, saved

_UNSURE: Final = and_(
    jobs.c.state == State.WAITING.value, jobs.c.waits_for == WaitsFor.UNSURE.value
)
_MAY_BE_IN_FLIGHT: Final = or_(
    jobs.c.state.in_(
        [
            State.CREATING.value,
            State.RUNNING.value,
            State.READY.value,
            State.POSTING.value,
        ]
    ),
    _UNSURE,
    # A create may have made a task: it was sent again after an ambiguous response and told to wait.
    and_(
        jobs.c.create_tries > 0,
        jobs.c.state.in_([State.PREPARING.value, State.QUEUED.value, State.WAITING.value]),
    ),
)
"""From `creating` on, following can stop but the task can't; after `posting` nothing is left to
stop."""


class Decisions(Access):
    """The part of the store that decisions are written through."""

    async def decide(
        self,
        job_id: str,
        *,
        from_state: State,
        to: State,
        waits_for: WaitsFor | None = None,
        now: float,
        **changes: Unpack[Changes],
    ) -> Job | None:
        """Move the job if it still waits for this decision; None: too late.

        `waits_for` is the question that is answered, on the way out of `waiting`. A running step
        loses its claim. Raises `IllegalTransition` for a programming error.
        """
        check_transition(from_state, to, waits_for)
        still = [
            jobs.c.id == job_id,
            jobs.c.answered_at.is_not(None),
            jobs.c.state == from_state.value,
        ]
        if from_state is State.WAITING:
            answered = (
                [waits_for]
                if waits_for is not None
                else [question for question, exits in WAITING_EXITS.items() if to in exits]
            )
            still.append(jobs.c.waits_for.in_([question.value for question in answered]))
        if to is State.CANCELLED:
            still.append(jobs.c.create_tries == 0)  # Otherwise it may have been paid for.
        values = {**moved(from_state, to, changes, now=now), **RELEASED}
        return await self._compare_and_set(and_(*still), values, to=to, now=now)

    async def stop_following(
        self, job_id: str, *, now: float, **changes: Unpack[Changes]
    ) -> Job | None:
        """Set the flag that nothing is to be posted; None if there is nothing left to stop.

        A running step keeps its claim, because the task id it may be about to learn is worth money;
        it finds the flag in the job that its next write returns.
        """
        following = and_(jobs.c.id == job_id, jobs.c.stopped.is_(False), _MAY_BE_IN_FLIGHT)
        values = {**saved(State.CREATING, changes, now=now), "stopped": True}
        return await self._compare_and_set(following, values, now=now)

    async def learn_task(
        self,
        job_id: str,
        task_id: str,
        /,
        *,
        now: float,
        unowned_in: State | None = None,
        **changes: Unpack[Changes],
    ) -> Job | None:
        """Store a task id that arrived after the claim was lost, and make the task due for a query.

        None if the job has moved on by other means; then the id is of no more use. An id that Kling
        did not answer to this job is stored with `unowned_in`, the state in which it was found for
        it: None also if the job has left that, or if the task belongs to another.
        """
        open_for_it = and_(
            jobs.c.id == job_id,
            or_(jobs.c.state.in_([State.CREATING.value, State.QUEUED.value]), _UNSURE),
        )
        if unowned_in is not None:  # in another, an order of its own may be under way again
            open_for_it = and_(open_for_it, jobs.c.state == unowned_in.value)
        learnt: Changes = {"due_at": now, "submitted_at": now}
        learnt.update(changes)
        learnt["task_id"] = task_id
        learnt["gave_up"] = False  # It runs, so it holds a slot.
        values = {**moved(State.WAITING, State.RUNNING, learnt, now=now), **RELEASED}
        wanted = None if unowned_in is None else task_id
        return await self._compare_and_set(
            open_for_it, values, to=State.RUNNING, now=now, unowned=wanted
        )

    async def hint(self, job_id: str, *, now: float) -> bool:
        """Make a task due for a query now; tell whether that is sooner than it was.

        The task runs, or was given up and may still come. Nothing else changes, so that an
        unauthenticated hint costs one query at most.
        """
        runs = jobs.c.state == State.RUNNING.value
        may_come = and_(jobs.c.state == State.DONE.value, jobs.c.gave_up)
        sooner = and_(jobs.c.id == job_id, or_(runs, may_come), jobs.c.due_at > now)
        hinting = update(jobs).where(sooner).values(due_at=now)
        return await self._connections.write(lambda here: here.execute(hinting).rowcount > 0)

    async def _compare_and_set(
        self,
        still: ColumnElement[bool],
        values: dict[str, Any],
        *,
        to: State | None = None,
        now: float,
        unowned: str | None = None,
    ) -> Job | None:
        """Write if the row is still so; with `to`, book what the move changes about units.

        `unowned` is a task that must not be another job's.
        """
        looking = select(jobs).where(still).with_for_update()

        def write(here: Connection) -> Job | None:
            found = here.execute(looking).mappings().one_or_none()
            if found is None:
                return None
            before = rows.job(found)
            if unowned is not None and owned_by_another(here, unowned, before.id):
                return None
            bookings = (
                moved_amounts(amounts(before), before.state, to, before.waits_for) if to else ()
            )
            units = bookings[-1].after.columns() if bookings else {}
            writing = update(jobs).where(jobs.c.id == before.id).values({**values, **units})
            row = here.execute(writing.returning(*jobs.c)).mappings().one()
            job = rows.job(row)
            book_job(here, before, job, bookings, now=now)
            if job.state is State.CANCELLED:  # Nobody needs its inputs, and they may be large.
                delete_inputs(here, job.id)
            return job

        return await self._connections.write(write)
