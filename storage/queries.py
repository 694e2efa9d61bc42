"""Queries: jobs by the ids that people and Kling know, their inputs, and totals."""

from collections.abc import Collection
from functools import cache
from typing import Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Integer,
    Select,
    and_,
    bindparam,
    case,
    func,
    select,
    union,
    union_all,
)

from storage.access import Access
from storage.contents import InRow
from storage.job import Job, Pack, State, StoredInput, WaitsFor
from storage.line import places
from storage.schema import jobs
from storage.stored_inputs import listed, part_of

EXPECTATION_JOBS_MAX: Final = 200

_WAITS_FOR_MEMBER: Final = and_(
    jobs.c.state == State.WAITING.value,
    jobs.c.waits_for.in_([WaitsFor.FACE.value, WaitsFor.PICKUP.value]),
)
_MEMBERS_ORDER: Final = (
    case((_WAITS_FOR_MEMBER, 0), else_=1),
    jobs.c.created_at.desc(),
    jobs.c.id,
)
_MEMBER: Final = bindparam("member", type_=BigInteger)
_AT_MOST: Final = bindparam("at_most", type_=Integer)
_NEWEST_FIRST: Final = (jobs.c.created_at.desc(), jobs.c.id)
_MEMBERS: Final = and_(
    jobs.c.user_id == _MEMBER, jobs.c.answered_at.is_not(None), jobs.c.unwanted.is_(False)
)


def _newest(which: ColumnElement[bool]) -> Select[str]:
    """Return the ids of the newest of these jobs, to be found without sorting all of them."""
    newest = select(jobs.c.id).where(which).order_by(*_NEWEST_FIRST).limit(_AT_MOST)
    return select(newest.subquery().c.id)


_OF_MEMBER: Final = (
    select(jobs)
    .where(
        jobs.c.id.in_(
            union(
                _newest(and_(_MEMBERS, jobs.c.ended_at.is_(None), _WAITS_FOR_MEMBER)),
                _newest(_MEMBERS),
            )
        )
    )
    .order_by(*_MEMBERS_ORDER)
    .limit(_AT_MOST)
)
"""Built once: a member waits for it."""


@cache
def _ids_of_newest(states: tuple[State, ...]) -> Select[tuple[str]]:
    """Return what reads the newest jobs of these states; composing it takes milliseconds."""
    of_each = [
        select(
            select(jobs.c.id, jobs.c.created_at)
            .where(jobs.c.state == state.value)
            .order_by(*_NEWEST_FIRST)
            .limit(_AT_MOST)
            .subquery()
        )
        for state in states
    ]
    every = union_all(*of_each).subquery()
    return select(every.c.id).order_by(every.c.created_at.desc(), every.c.id).limit(_AT_MOST)


class Queries(Access):
    """The part of the store that only reads."""

    async def get(self, job_id: str) -> Job | None:
        """Return the job of this id."""
        return await self._one(select(jobs).where(jobs.c.id == job_id))

    async def by_callback_key(self, key: str) -> Job | None:
        """Return the job with this unguessable key; no job has an empty key."""
        if not key:
            return None
        return await self._one(select(jobs).where(jobs.c.callback_key == key))

    async def jobs_of(self, user_id: int, *, limit: int = 25) -> list[Job]:
        """Return the member's answered jobs.

        First those that wait for the member, then the others, each newest first.
        """
        return [job for job, _ in await self.jobs_and_places_of(user_id, limit=limit)]

    async def list_jobs(self, *, states: Collection[State] = (), limit: int = 50) -> list[Job]:
        """Return the newest jobs of all members, in these states, or in any if none is given."""
        newest = _ids_of_newest(tuple(states) or tuple(State))

        def read(here: Connection) -> list[Job]:
            these = jobs.c.id.in_(here.execute(newest, {"at_most": limit}).scalars().all())
            found = here.execute(select(jobs).where(these).order_by(*_NEWEST_FIRST))
            return self._readable(found.mappings())

        return await self._connections.read(read)

    async def place_in_queue(self, job: Job) -> int:
        """Return the job's place in its pack's queue, from 1, as it is or would be now."""
        found = await self._connections.read(lambda here: places(here, job.pack, [job.id]))
        return found[job.id]

    async def jobs_and_places_of(self, user_id: int, *, limit: int) -> list[tuple[Job, int | None]]:
        """Return the same jobs in the same order, each with its place if it is queued."""
        asked = {"member": user_id, "at_most": limit}

        def read(here: Connection) -> list[tuple[Job, int | None]]:
            found = self._readable(here.execute(_OF_MEMBER, asked).mappings().all())
            queued: dict[Pack, list[str]] = {}
            for job in found:
                if job.state is State.QUEUED:
                    queued.setdefault(job.pack, []).append(job.id)
            place: dict[str, int] = {}
            for pack, ids in queued.items():
                place.update(places(here, pack, ids))
            return [(job, place.get(job.id)) for job in found]

        return await self._connections.read(read)

    async def inputs(self, job_id: str) -> dict[str, StoredInput]:
        """Return the job's stored inputs by name; none once they were deleted.

        Large ones are not read: `input_part` does that, piece by piece.
        """
        return await self._connections.read(lambda here: listed(here, job_id))

    async def input_part(self, content: InRow, start: int, most: int) -> bytes:
        """Return at most so many bytes of an input from `start` on; none once it was deleted."""
        return await self._connections.read(lambda here: part_of(here, content, start, most))

    async def counts(self) -> dict[State, int]:
        """Return how many jobs are in each state, 0 included."""
        per_state = select(jobs.c.state, func.count()).group_by(jobs.c.state)
        found = await self._connections.read(
            lambda here: {row[0]: row[1] for row in here.execute(per_state)}
        )
        return {state: found.get(state.value, 0) for state in State}

    async def durations(
        self, route: str, model: str, *, limit: int = EXPECTATION_JOBS_MAX
    ) -> list[float]:
        """Return the seconds from accepted to finished of the latest media tasks, newest first."""
        spans = (
            select(jobs.c.finished_at - jobs.c.submitted_at)
            .where(
                jobs.c.route == route,
                jobs.c.model == model,
                jobs.c.finished_at.is_not(None),
                jobs.c.submitted_at.is_not(None),
            )
            .order_by(jobs.c.finished_at.desc())
            .limit(limit)
        )
        return await self._connections.read(
            lambda here: [float(span) for span in here.execute(spans).scalars()]
        )

    async def _one(self, statement: Select[*tuple[object, ...]]) -> Job | None:
        found = await self._many(statement)
        return found[0] if found else None

    async def _many(self, statement: Select[*tuple[object, ...]]) -> list[Job]:
        return await self._connections.read(
            lambda here: self._readable(here.execute(statement).mappings())
        )
