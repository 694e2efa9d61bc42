"""What a member may have: jobs a day, open jobs, and bytes of files a day.

Checked in the transaction that stores the job, one member at a time, so that no limit is passed by
commands that arrive together.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, Connection, and_, delete, func, or_, select

from storage.access import insert_into, take_turn
from storage.errors import BytesLimitReached, DayLimitReached, LimitReached, OpenLimitReached
from storage.job import Job, State, StoredInput
from storage.schema import input_bytes, jobs

BEING_ANSWERED_S: Final = 60.0
"""A row without a recorded answer counts for this long: it will probably get one."""
_MAY_COST: Final = [
    state.value for state in (State.PREPARING, State.WAITING, State.QUEUED, State.CREATING)
]
"""Apart from these, a job counts only if a call that costs was begun for it."""


@dataclass(frozen=True, slots=True)
class Limits:
    """A member's limits, 0 for none, and when the day of this command started (Unix seconds)."""

    jobs_per_day: int = 0
    open_jobs: int = 0
    input_bytes_per_day: int = 0
    day_starts: float = 0.0

    @property
    def any(self) -> bool:
        """Tell whether there is anything to check."""
        return bool(self.jobs_per_day or self.open_jobs or self.input_bytes_per_day)


class Usage:
    """What the members of some commands have already, read once for all of them."""

    def __init__(self, connection: Connection, entering: Sequence[tuple[Job, Limits]]) -> None:
        limited = [(job, limits) for job, limits in entering if limits.any]
        members = {job.origin.user_id for job, _ in limited}
        for user_id in sorted(members):
            take_turn(connection, user_id)
        self._today: Counter[tuple[float, int]] = Counter()
        self._open: Counter[int] = Counter()
        self._bytes: Counter[tuple[float, int]] = Counter()
        if not limited:
            return
        answered = or_(
            jobs.c.answered_at.is_not(None),
            jobs.c.created_at > min(job.created_at for job, _ in limited) - BEING_ANSWERED_S,
        )
        for day in {limits.day_starts for _, limits in limited}:  # There are two, at midnight.
            spends = or_(jobs.c.create_tries > 0, jobs.c.cost_begun, jobs.c.state.in_(_MAY_COST))
            of_the_day = and_(jobs.c.created_at >= day, answered, spends)
            for user_id, count in _counted(connection, members, of_the_day):
                self._today[day, user_id] = count
        if any(limits.open_jobs for _, limits in limited):
            still_open = and_(jobs.c.ended_at.is_(None), answered)
            self._open.update(dict(_counted(connection, members, still_open)))
        if any(limits.input_bytes_per_day for _, limits in limited):
            self._bytes.update(_stored_bytes(connection, members))

    def enter(self, job: Job, limits: Limits, stored: Sequence[StoredInput]) -> LimitReached | None:
        """Count one more command, or return the limit that it would pass."""
        member, size_bytes = job.origin.user_id, bytes_of(stored)
        of_day = (limits.day_starts, member)
        if limits.jobs_per_day and self._today[of_day] >= limits.jobs_per_day:
            return DayLimitReached(self._today[of_day], limits.jobs_per_day)
        if limits.open_jobs and self._open[member] >= limits.open_jobs:
            return OpenLimitReached(self._open[member], limits.open_jobs)
        limit_bytes = limits.input_bytes_per_day
        if size_bytes and limit_bytes and self._bytes[of_day] + size_bytes > limit_bytes:
            return BytesLimitReached(self._bytes[of_day], limit_bytes)
        self._today[of_day] += 1
        self._open[member] += 1
        self._bytes[of_day] += size_bytes
        return None


def bytes_of(stored: Sequence[StoredInput]) -> int:
    """Return the size of these inputs together."""
    return sum(len(one.data) for one in stored)


def count_bytes(
    connection: Connection, job: Job, limits: Limits, stored: Sequence[StoredInput]
) -> None:
    """Note that these inputs are stored for the job's member on this day, for good."""
    size_bytes = bytes_of(stored)
    if not size_bytes or not limits.input_bytes_per_day:
        return
    day = int(limits.day_starts)
    noting = insert_into(connection.dialect.name, input_bytes).values(
        user_id=job.origin.user_id, day=day, bytes=size_bytes
    )
    connection.execute(
        noting.on_conflict_do_update(
            index_elements=["user_id", "day"],
            set_={"bytes": input_bytes.c.bytes + size_bytes},
        )
    )


def take_bytes(
    connection: Connection, job: Job, limits: Limits, stored: Sequence[StoredInput]
) -> None:
    """Count inputs that arrived after the answer; raises `BytesLimitReached`."""
    limit_bytes = limits.input_bytes_per_day
    if not limit_bytes:
        return
    take_turn(connection, job.origin.user_id)
    day = (limits.day_starts, job.origin.user_id)
    used = _stored_bytes(connection, {job.origin.user_id}).get(day, 0)
    if used + bytes_of(stored) > limit_bytes:
        raise BytesLimitReached(used, limit_bytes)
    count_bytes(connection, job, limits, stored)


def forget_input_bytes(connection: Connection, before: float) -> None:
    """Drop the counts of days that started before this moment."""
    connection.execute(delete(input_bytes).where(input_bytes.c.day < before))


def _counted(
    connection: Connection, members: set[int], which: ColumnElement[bool]
) -> list[tuple[int, int]]:
    counting = select(jobs.c.user_id, func.count()).where(jobs.c.user_id.in_(members), which)
    return [(row[0], row[1]) for row in connection.execute(counting.group_by(jobs.c.user_id))]


def _stored_bytes(connection: Connection, members: set[int]) -> dict[tuple[float, int], int]:
    counted = connection.execute(select(input_bytes).where(input_bytes.c.user_id.in_(members)))
    return {(float(row.day), row.user_id): row.bytes for row in counted}
