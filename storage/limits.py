"""What a member may have: jobs a day, open jobs, and bytes of files a day.

Checked in the transaction that stores the job, one member at a time, so that no limit is passed by
commands that arrive together.
"""

import functools
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Double,
    Select,
    Text,
    and_,
    bindparam,
    cast,
    delete,
    func,
    literal,
    or_,
    select,
    union_all,
)

from storage.errors import BytesLimitReached, DayLimitReached, LimitReached, OpenLimitReached
from storage.job import Job, State, StoredInput
from storage.ledger import DAY_S
from storage.prepared import Prepared
from storage.schema import budgets, input_bytes, jobs
from storage.statements import insert_into, take_turn
from storage.unit_limits import UnitLimits

BEING_ANSWERED_S: Final = 60.0
"""A row without a recorded answer counts for this long: it will probably get one."""
_MAY_COST: Final = [
    state.value for state in (State.PREPARING, State.WAITING, State.QUEUED, State.CREATING)
]
"""Apart from these, a job counts only if a call that costs was begun for it."""
_MEMBERS: Final[BindParameter[int]] = bindparam("members", expanding=True)
_GUILDS: Final[BindParameter[int]] = bindparam("guilds", expanding=True)
_BYTES: Final = input_bytes.c


@dataclass(frozen=True, slots=True)
class Limits:
    """A member's limits, 0 for none, and when the day of this command started (Unix seconds)."""

    jobs_per_day: int = 0
    open_jobs: int = 0
    input_bytes_per_day: int = 0
    day_starts: float = 0.0
    units: UnitLimits | None = None
    """Limits by units, for the pack of the job; None: not even caps of servers are looked at."""

    @property
    def any(self) -> bool:
        """Tell whether there is anything to look up."""
        counted = self.jobs_per_day or self.open_jobs or self.input_bytes_per_day
        return bool(counted) or self.units is not None


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
        self._caps: dict[tuple[int, str], int] = {}
        if not limited:
            return
        for what, day, whose, number in _look(connection, limited, members):
            match what:
                case "today":
                    self._today[day, whose] = number
                case "open":
                    self._open[whose] = number
                case "bytes":
                    self._bytes[day, whose] = number
                case _:
                    self._caps[whose, what] = number

    def cap(self, job: Job) -> int | None:
        """Return the operator's cap for the job's server and pack, if there is one."""
        return self._caps.get((job.origin.guild_id or 0, job.pack.units.value))

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

    def leave(self, job: Job, limits: Limits, stored: Sequence[StoredInput]) -> None:
        """Count a command no more that was refused after all."""
        of_day = (limits.day_starts, job.origin.user_id)
        self._today[of_day] -= 1
        self._open[job.origin.user_id] -= 1
        self._bytes[of_day] -= bytes_of(stored)


def bytes_of(stored: Sequence[StoredInput]) -> int:
    """Return the size of these inputs together."""
    return sum(one.size_bytes for one in stored)


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


def _look(
    connection: Connection, limited: Sequence[tuple[Job, Limits]], members: set[int]
) -> Iterable[Any]:
    """Return what has to be known, as rows of a word, a day, an id and a number."""
    # There are two, at midnight.
    days = {limits.day_starts for _, limits in limited if limits.jobs_per_day}
    guilds = {job.origin.guild_id for job, limits in limited if limits.units is not None} - {None}
    asked = _asked(
        len(days),
        open_jobs=any(limits.open_jobs for _, limits in limited),
        input_bytes=any(limits.input_bytes_per_day for _, limits in limited),
        caps=bool(guilds),
    )
    if asked is None:
        return ()
    earliest = min(job.created_at for job, _ in limited)
    given: dict[str, Any] = {"members": list(members), "since": earliest - BEING_ANSWERED_S}
    given |= {f"day_{number}": day for number, day in enumerate(sorted(days))}
    return asked.rows(connection, given | {"guilds": list(guilds)})


@functools.cache
def _asked(days: int, *, open_jobs: bool, input_bytes: bool, caps: bool) -> Prepared | None:
    """Return the statement for what is asked: built once, because a member waits for it."""
    answered = or_(jobs.c.answered_at.is_not(None), jobs.c.created_at > bindparam("since"))
    spends = or_(jobs.c.create_tries > 0, jobs.c.cost_begun, jobs.c.state.in_(_MAY_COST))
    asked: list[Select[Any]] = []
    for number in range(days):
        day = bindparam(f"day_{number}", type_=Double)
        # A day has an end as well: what was accepted while the clock was ahead counts in its own.
        of_day = and_(jobs.c.created_at >= day, jobs.c.created_at < day + DAY_S, answered, spends)
        asked.append(_counted("today", day, of_day))
    if open_jobs:
        asked.append(_counted("open", literal(0.0), and_(jobs.c.ended_at.is_(None), answered)))
    if input_bytes:
        stored = select(_word("bytes"), cast(_BYTES.day, Double), _BYTES.user_id, _BYTES.bytes)
        asked.append(stored.where(_BYTES.user_id.in_(_MEMBERS)))
    if caps:
        of_servers = select(
            budgets.c.pack, _number(literal(0.0)), budgets.c.guild_id, budgets.c.units
        )
        asked.append(of_servers.where(budgets.c.guild_id.in_(_GUILDS)))
    return Prepared(union_all(*asked)) if asked else None


def _counted(word: str, day: ColumnElement[float], which: ColumnElement[bool]) -> Select[Any]:
    counting = select(_word(word), _number(day), jobs.c.user_id, func.count())
    return counting.where(jobs.c.user_id.in_(_MEMBERS), which).group_by(jobs.c.user_id)


def _number(value: ColumnElement[float]) -> ColumnElement[float]:
    return cast(value, Double)


def _word(word: str) -> ColumnElement[str]:
    return cast(word, Text)


def _stored_bytes(connection: Connection, members: set[int]) -> dict[tuple[float, int], int]:
    counted = connection.execute(select(input_bytes).where(input_bytes.c.user_id.in_(members)))
    return {(float(row.day), row.user_id): row.bytes for row in counted}
