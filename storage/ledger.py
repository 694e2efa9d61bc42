"""The ledger and its totals, written in the transaction of what they are about.

One order for every transaction: rows of the ledger first, then totals, and of these the account's,
servers', members'. Whoever builds a missing total on PostgreSQL locks the ledger before anything
else, so that no row is under way that the sum does not see.
"""

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    Connection,
    TextClause,
    insert,
    text,
)

from storage.connections import POSTGRESQL, SQLITE
from storage.job import Job
from storage.money import Amounts, Booking, EntryKind, effect, entries_between
from storage.money_schema import ledger
from storage.prepared import Prepared

DAY_S: Final = 86_400
EPOCH: Final = dt.date(1970, 1, 1)
ACCOUNT: Final = "account"
SERVER: Final = "server"
MEMBER: Final = "member"
_PLACES: Final[Mapping[str, int]] = {ACCOUNT: 0, SERVER: 1, MEMBER: 2}
"""The order in which the totals of one entry are changed."""


def day_of(moment: float) -> str:
    """Return the UTC day of a moment (Unix seconds), as `2026-11-28`."""
    return _named(int(moment // DAY_S))


@lru_cache(maxsize=8)
def _named(days: int) -> str:
    return (EPOCH + dt.timedelta(days=days)).isoformat()


def month_of(day: str) -> str:
    """Return the month of a day, as `2026-11`."""
    return day[:7]


def days_of(period: str) -> tuple[str, str]:
    """Return the first day of a day or month, and the first that is not in it any more."""
    whole_month = len(period) == len("2026-11")
    first = dt.date.fromisoformat(f"{period}-01" if whole_month else period)
    after = first + dt.timedelta(days=31 if whole_month else 1)
    if whole_month:
        after = after.replace(day=1)
    return first.isoformat(), after.isoformat()


@dataclass(frozen=True, slots=True)
class Whose:
    """On whom an entry is booked."""

    day: str
    user_id: int | None
    guild_id: int | None
    job_id: str | None
    pack: str
    task_id: str | None = None


def whose(job: Job) -> Whose:
    """Return on whom a job's entries are booked: all in the day in which it was accepted."""
    origin = job.origin
    return Whose(
        day_of(job.created_at),
        origin.user_id,
        origin.guild_id,
        job.id,
        job.pack.units.value,
        job.task_id,
    )


class Key(NamedTuple):
    """A row of the totals. Sorting follows the order in which they are changed."""

    place: int
    scope: str
    scope_id: int
    pack: str
    period: str


def key(scope: str, scope_id: int, pack: str, period: str) -> Key:
    """Return the key of a total."""
    return Key(_PLACES[scope], scope, scope_id, pack, period)


def keys_of(of: Whose) -> dict[str, Key]:
    """Return the totals in which an entry counts, by scope."""
    month = month_of(of.day)
    found = {ACCOUNT: key(ACCOUNT, 0, of.pack, month)}
    if of.guild_id is not None:
        found[SERVER] = key(SERVER, of.guild_id, of.pack, month)
    if of.user_id is not None:
        found[MEMBER] = key(MEMBER, of.user_id, of.pack, of.day)
    return found


@dataclass(slots=True)
class Change:
    """What is added to a total, and the most that held and spent may then be together."""

    held: int = 0
    spent: int = 0
    most: int | None = None


@dataclass(slots=True)
class Pending:
    """Rows to add to the ledger, and what they change in the totals."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    changes: dict[Key, Change] = field(default_factory=dict)

    def add(self, of: Whose, before: Amounts, bookings: Iterable[Booking], at: float) -> None:
        """Add the entries of one job's change."""
        for line in entries_between(before, tuple(bookings)):
            self.add_line(of, line.kind, line.units, why=line.why, at=at)

    def add_line(self, of: Whose, kind: EntryKind, units: int, *, why: str = "", at: float) -> None:
        """Add one entry; `units` with its sign."""
        self.rows.append(
            {
                "at": at,
                "day": of.day,
                "user_id": of.user_id,
                "guild_id": of.guild_id,
                "job_id": of.job_id,
                "pack": of.pack,
                "kind": kind.value,
                "units": units,
                "why": str(why),
                "task_id": of.task_id,
            }
        )
        held, spent = effect(kind, units)
        for scope, total in keys_of(of).items():
            if kind is EntryKind.CREDIT and scope != MEMBER:
                continue
            change = self.changes.setdefault(total, Change())
            change.held += held
            change.spent += spent

    def limit(self, total: Key, most: int) -> None:
        """Let this total rise to no more than this."""
        change = self.changes.setdefault(total, Change())
        change.most = most if change.most is None else min(most, change.most)


class Total(NamedTuple):
    """What is held and spent of a total."""

    held: int
    spent: int

    @property
    def used(self) -> int:
        """What counts against a limit."""
        return self.held + self.spent


_ADD: Final = Prepared(insert(ledger))


def book(connection: Connection, pending: Pending) -> dict[Key, Total]:
    """Write the entries, and change the totals that exist and may change; return those."""
    if not pending.rows:
        return {}
    _ADD.write(connection, pending.rows)
    return change_totals(connection, pending.changes)


def change_totals(connection: Connection, changes: Mapping[Key, Change]) -> dict[Key, Total]:
    """Change the totals that exist and have room, in one statement; return them as they then are.

    What is not in the answer does not exist, or would pass its limit, and has not changed.
    """
    if not changes:
        return {}
    asked = [
        (place, *total[1:], change.held, change.spent, change.most)
        for place, (total, change) in enumerate(sorted(changes.items()))
    ]
    statement = _CHANGING[connection.dialect.name]
    return {
        key(scope, scope_id, pack, period): Total(held, spent)
        for scope, scope_id, pack, period, held, spent in statement.rows(
            connection, {"asked": json.dumps(asked)}
        )
    }


_COLUMNS: Final = {
    "place": "BIGINT",
    "scope": "TEXT",
    "id": "BIGINT",
    "pack": "TEXT",
    "period": "TEXT",
    "held": "BIGINT",
    "spent": "BIGINT",
    "most": "BIGINT",
}
"""What is asked of each total, as a row of JSON: so the statement is the same for any number."""
_SAME: Final = (
    "totals.scope = asked.scope AND totals.scope_id = asked.id"
    " AND totals.pack = asked.pack AND totals.period = asked.period"
)


def _changing(dialect: str) -> TextClause:
    """Return the statement that changes totals, on PostgreSQL locked in their order."""
    columns = ", ".join(
        f"CAST(row.value ->> {number} AS {kind}) AS {name}"
        for number, (name, kind) in enumerate(_COLUMNS.items())
    )
    if dialect == POSTGRESQL:
        rows = "json_array_elements(CAST(:asked AS JSON)) AS row"
        asked = (
            f"WITH wanted AS (SELECT {columns} FROM {rows}),"  # noqa: S608 - names of ours
            " asked AS MATERIALIZED (SELECT asked.* FROM wanted AS asked"
            f" JOIN totals ON {_SAME} ORDER BY asked.place FOR UPDATE OF totals)"
        )
    else:
        rows = "json_each(:asked) AS row"
        asked = f"WITH asked AS MATERIALIZED (SELECT {columns} FROM {rows})"  # noqa: S608 - as above
    return text(
        f"{asked} UPDATE totals"  # noqa: S608 - names of ours
        " SET held = totals.held + asked.held, spent = totals.spent + asked.spent"
        f" FROM asked WHERE {_SAME} AND (asked.most IS NULL"
        " OR totals.held + totals.spent + asked.held + asked.spent <= asked.most)"
        " RETURNING totals.scope, totals.scope_id, totals.pack, totals.period,"
        " totals.held, totals.spent"
    )


_CHANGING: Final = {dialect: Prepared(_changing(dialect)) for dialect in (POSTGRESQL, SQLITE)}


def lock_ledger(connection: Connection) -> None:
    """Wait for every entry that is under way, and keep others out until the transaction ends."""
    if connection.dialect.name == POSTGRESQL:
        connection.execute(text("LOCK TABLE ledger IN SHARE ROW EXCLUSIVE MODE"))
