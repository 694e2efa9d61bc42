"""Inserting and withdrawing: the row before the answer, and what becomes of it without an answer.

Members wait for these writes, so concurrent ones share one transaction.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Final, NamedTuple

from sqlalchemy import (
    Connection,
    and_,
    bindparam,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from storage import rows
from storage.access import Access
from storage.batching import Batcher
from storage.connections import Connections
from storage.errors import AlreadyStarted, DuplicateInteraction, ParentForgotten, StorageError
from storage.job import Job, State, StoredInput
from storage.job_deletion import delete_jobs
from storage.limits import Limits, Usage, count_bytes, take_bytes
from storage.line import places_of_new
from storage.lineage import inherit, possible_parents
from storage.prepared import Prepared
from storage.schema import jobs
from storage.stored_inputs import delete_inputs, insert_inputs
from storage.unit_limits import Full, OneByOne, Wish, reserve
from storage.updates import RELEASED
from storage.upload_limits import see_upload_limits

ANSWERS_PAUSE_S: Final = 0.02
"""Recorded answers wait this long for others: no member waits for them, and the next job may."""
NO_LIMITS: Final = Limits()
_INSERT: Final = Prepared(insert(jobs))
"""Built once: its fifty columns are parameters, and a member waits for it."""
_UNANSWERED: Final = Prepared(
    select(jobs.c.id)
    .where(jobs.c.id.in_(bindparam("ids", expanding=True)), jobs.c.answered_at.is_(None))
    .order_by(jobs.c.id)
    .with_for_update()
)
_MARK_ANSWERED: Final = Prepared(
    update(jobs)
    .where(jobs.c.id == bindparam("job_id"))
    .values(
        answered_at=bindparam("now"),
        updated_at=bindparam("now"),
        due_at=bindparam("due_at"),
        card_message_id=bindparam("message_id"),
        card_shows=jobs.c.card_wants,
        card_due_at=None,
        **RELEASED,
    )
)


@dataclass(frozen=True, slots=True)
class _Entry:
    """A job to insert."""

    job: Job
    inputs: tuple[StoredInput, ...]
    limits: Limits


@dataclass(frozen=True, slots=True)
class _Answered:
    """A card that the member has seen."""

    job_id: str
    message_id: int
    now: float
    due_at: float


_Outcome = int | Exception | None
"""The place in the queue, None for a job that is in no queue, or why it may not be inserted."""


class Inserts(Access):
    """The part of the store that commands write through."""

    def __init__(self, connections: Connections, owner: str) -> None:
        super().__init__(connections, owner)
        self._entering: Batcher[_Entry, int | None] = Batcher(self._enter)
        self._full: list[Full] = []
        self._answering: Batcher[_Answered, bool] = Batcher(self._mark, pause_s=ANSWERS_PAUSE_S)

    async def insert(
        self,
        job: Job,
        inputs: Sequence[StoredInput] = (),
        *,
        limits: Limits = NO_LIMITS,
    ) -> int | None:
        """Store the job with its inputs, completely or not at all.

        Returns its place in its pack's queue, from 1, or None if it is in no queue; in a queue of
        more than `PLACES_COUNTED` (`storage/turns.py`) only a number above that. Raises
        `DuplicateInteraction`, `AlreadyStarted` if the draft it is made of was, `ParentForgotten`,
        and `LimitReached` if it would pass one of the member's limits. Two simultaneous commands of
        one member never pass a limit that has room for one.
        """
        entry = _Entry(job, tuple(inputs), limits)
        if not entry.inputs:
            return await self._entering(entry)
        # Megabytes take longer than a commit: no other job should wait for them.
        [outcome] = await self._enter([entry])
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def mark_answered(
        self, job_id: str, *, message_id: int, now: float, due_at: float
    ) -> bool:
        """Record that the member has seen the card; from here on nothing can be lost.

        The card shows what it wanted, and the job is due at `due_at`. False if the answer was
        recorded before, or the row was withdrawn.
        """
        return await self._answering(_Answered(job_id, message_id, now, due_at))

    async def withdraw(self, job_id: str, *, now: float | None = None) -> bool:
        """Delete a job that was never answered, with its inputs; False if it was answered.

        What it reserved is given back, `now` or, as far as the ledger is concerned, at once.
        """
        these = and_(jobs.c.id == job_id, jobs.c.answered_at.is_(None))
        return await self._connections.write(lambda here: delete_jobs(here, these, now=now) > 0)

    async def put_inputs(
        self, job: Job, inputs: Sequence[StoredInput], *, limits: Limits = NO_LIMITS
    ) -> None:
        """Store inputs that were fetched after the answer, under the lease; raises `ClaimLost`.

        An input with the same name is replaced. Raises `BytesLimitReached` if the files would pass
        the member's limit: then none is stored.
        """

        def write(here: Connection) -> None:
            self._hold(here, job)
            take_bytes(here, job, limits, inputs)
            delete_inputs(here, job.id, [entry.name for entry in inputs])
            insert_inputs(here, job.id, inputs)

        await self._connections.write(write)

    async def _enter(self, entries: Sequence[_Entry]) -> list[_Outcome]:
        """Insert the jobs in one transaction, except those of members at a limit."""
        try:
            return await self._write_entries(entries)
        except (IntegrityError, ParentForgotten) as error:
            if len(entries) > 1:  # Something is wrong with one of them: insert each by itself.
                return [await self._enter_alone(entry) for entry in entries]
            job = entries[0].job
            known = await self._connections.read(lambda here: _as_known(here, job))
            return [known or error]

    async def _write_entries(self, entries: Sequence[_Entry]) -> list[_Outcome]:
        """Insert the jobs together; where a limit by units is near, look at each by itself."""

        def write(here: Connection, *, one_by_one: bool) -> _Entered:
            return _insert(here, entries, one_by_one=one_by_one)

        try:
            entered = await self._connections.write(partial(write, one_by_one=False), urgent=True)
        except OneByOne:
            entered = await self._connections.write(partial(write, one_by_one=True), urgent=True)
        self._full += entered.full
        return entered.outcomes

    def newly_full(self) -> list[Full]:
        """Return the limits that were found nearly or wholly used since the last call."""
        found, self._full = self._full, []
        return found

    async def _enter_alone(self, entry: _Entry) -> _Outcome:
        try:
            return (await self._enter([entry]))[0]
        except StorageError as failure:
            return failure

    async def _mark(self, answers: Sequence[_Answered]) -> list[bool]:
        ids = [answer.job_id for answer in answers]

        def write(here: Connection) -> set[str]:
            unanswered = {job_id for (job_id,) in _UNANSWERED.rows(here, {"ids": ids})}
            news = {a.job_id: asdict(a) for a in reversed(answers) if a.job_id in unanswered}
            if news:
                _MARK_ANSWERED.write(here, list(news.values()))
            return set(news)

        news = await self._connections.write(write)
        first = {job_id: ids.index(job_id) for job_id in news}
        return [first.get(job_id) == index for index, job_id in enumerate(ids)]


class _Entered(NamedTuple):
    """For each entry its place or why it may not be inserted, and limits that are nearly used."""

    outcomes: list[_Outcome]
    full: list[Full]


def _insert(connection: Connection, entries: Sequence[_Entry], *, one_by_one: bool) -> _Entered:
    """Insert the allowed entries; raises `OneByOne`."""
    usage = Usage(connection, [(entry.job, entry.limits) for entry in entries])
    parents = possible_parents(connection, [entry.job for entry in entries])
    outcomes: list[_Outcome] = []
    welcome: list[_Entry] = []
    positions: list[int] = []
    for position, entry in enumerate(entries):
        if entry.job.parent_id not in parents:
            outcomes.append(_as_known(connection, entry.job) or ParentForgotten())
            continue
        reached = usage.enter(entry.job, entry.limits, entry.inputs)
        if reached is not None:
            outcomes.append(_as_known(connection, entry.job) or reached)
            continue
        welcome.append(entry)
        positions.append(position)
        outcomes.append(None)
    # Before any row that another transaction may wait for: `storage.ledger` says why.
    wishes = [Wish(e.job, e.limits.units, usage.cap(e.job)) for e in welcome]
    now = max((entry.job.created_at for entry in welcome), default=0.0)
    reserved = reserve(connection, wishes, now=now, one_by_one=one_by_one)
    for index, too_much in reserved.refused.items():
        entry = welcome[index]
        usage.leave(entry.job, entry.limits, entry.inputs)
        outcomes[positions[index]] = _as_known(connection, entry.job) or too_much
    welcome = [entry for index, entry in enumerate(welcome) if index not in reserved.refused]
    if welcome:
        _INSERT.write(connection, [rows.job_row(entry.job) for entry in welcome])
        see_upload_limits(connection, [entry.job.origin for entry in welcome], now)
        inherit(connection, [entry.job for entry in welcome])
    for entry in welcome:
        insert_inputs(connection, entry.job.id, entry.inputs)
        count_bytes(connection, entry.job, entry.limits, entry.inputs)
    place: dict[str, int] = {}
    queued = [entry.job for entry in welcome if entry.job.state is State.QUEUED]
    for pack in {job.pack for job in queued}:
        these = [job.id for job in queued if job.pack is pack]
        place.update(places_of_new(connection, pack, these))
    places_of = [
        place.get(entry.job.id) if outcome is None else outcome
        for entry, outcome in zip(entries, outcomes, strict=True)
    ]
    return _Entered(places_of, reserved.full)


def _as_known(connection: Connection, job: Job) -> DuplicateInteraction | AlreadyStarted | None:
    """Return why there is a row for this already: its interaction, or the draft it is made of."""
    same = or_(jobs.c.id == job.id, jobs.c.interaction_id == job.origin.interaction_id)
    found = connection.execute(select(jobs.c.interaction_id).where(same)).scalars().all()
    if not found:
        return None
    return DuplicateInteraction() if job.origin.interaction_id in found else AlreadyStarted()
