"""Reserving units: every limit holds, whatever arrives together.

Optimistic first: what a batch of commands costs is added to each total in one statement. Where a
total does not exist yet, or has no room for all of them, everything is undone and the commands are
taken one by one.
"""

import calendar
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from sqlalchemy import Connection, and_, select

from storage.connections import SQLITE
from storage.errors import UnitsLimitReached
from storage.job import Job
from storage.ledger import (
    ACCOUNT,
    MEMBER,
    SERVER,
    Key,
    Pending,
    Total,
    Whose,
    book,
    keys_of,
    lock_ledger,
    whose,
)
from storage.money import Amounts, Booking, amounts
from storage.money_schema import totals
from storage.sums import build_totals

PERCENT: Final = 100


@dataclass(frozen=True, slots=True)
class UnitLimits:
    """The limits for one command, in hundredths of a unit of its pack; None is no limit."""

    account: int | None = None
    """All together in a month."""
    server: int | None = None
    """Its server in a month, where the operator set no cap of its own."""
    managers: int | None = None
    """What the server's managers allow in a month; the lower one holds."""
    member: int | None = None
    """The member in a day, in all servers."""
    member_may_pass: bool = False
    """The price is a guess, and no member is refused because of a guess."""
    warn_percent: int = 0
    """Of the account's or server's limit, at which people are told; 0: never."""

    def of_server(self, cap: int | None) -> int | None:
        """Return the limit that holds for the server, where this is the operator's cap."""
        known = (self.server if cap is None else cap, self.managers)
        return min((one for one in known if one is not None), default=None)


class Wish:
    """A job that wants to enter: its row holds its price already.

    `cap` is the operator's cap for its server and pack.
    """

    __slots__ = ("job", "limits", "most", "of")

    def __init__(self, job: Job, limits: UnitLimits | None, cap: int | None) -> None:
        self.job = job
        self.limits = limits
        self.of = whose(job)
        self.most = {} if limits is None else _limited(self.of, limits, cap)
        """The totals that have a limit for this job, with it."""


def _limited(of: Whose, limits: UnitLimits, cap: int | None) -> dict[Key, int]:
    member = limits.member
    if member is not None and limits.member_may_pass:
        member = NO_END
    allowed = {ACCOUNT: limits.account, SERVER: limits.of_server(cap), MEMBER: member}
    return {
        total: most for scope, total in keys_of(of).items() if (most := allowed[scope]) is not None
    }


NO_END: Final = 2**62
"""A limit that nothing reaches: the total is kept, and refuses nobody."""


class Full(NamedTuple):
    """A total of which so much of its limit is used, in hundredths of a unit."""

    total: Key
    used: int
    limit: int
    percent: int


class OneByOne(Exception):
    """The batch can't enter as it is: everything is undone, and each is looked at alone."""


class Reserved(NamedTuple):
    """Who may not enter, by the place in the batch, and which limits are nearly used up."""

    refused: dict[int, UnitsLimitReached]
    full: list[Full]


def reserve(
    connection: Connection, wishes: Sequence[Wish], *, now: float, one_by_one: bool
) -> Reserved:
    """Book what the jobs reserve, as far as the limits allow; raises `OneByOne`."""
    if one_by_one:
        return _each(connection, wishes, now)
    together = Pending()
    for wish in wishes:
        _add(together, wish, now)
    most = _limits_of(wishes)
    for total, limit in most.items():
        together.limit(total, limit)
    found = book(connection, together)
    missing = [total for total in most if total not in found]
    if missing:
        if connection.dialect.name != SQLITE:
            raise OneByOne
        # Nothing else writes meanwhile: the ledger, with these entries, is what they are built of.
        if build_totals(connection, missing) < len(missing):
            raise OneByOne
        for total in missing:
            found[total] = _stored(connection, total)
            if found[total].used > most[total]:
                raise OneByOne
    return Reserved({}, _full(wishes, found))


def _each(connection: Connection, wishes: Sequence[Wish], now: float) -> Reserved:
    lock_ledger(connection)
    build_totals(connection, _limits_of(wishes))
    refused: dict[int, UnitsLimitReached] = {}
    known: dict[Key, Total] = {}
    for place, wish in enumerate(wishes):
        most = wish.most
        pending = Pending()
        _add(pending, wish, now)
        for total, limit in most.items():
            pending.limit(total, limit)
        with connection.begin_nested() as undo:
            found = book(connection, pending)
            short = [total for total in sorted(most) if total not in found]
            if short and pending.rows:
                undo.rollback()
        if short and pending.rows:
            known[short[0]] = there = _stored(connection, short[0])
            refused[place] = UnitsLimitReached(
                short[0].scope,
                short[0].pack,
                there.used,
                most[short[0]],
                wish.job.units_held,
                period_ends(short[0].period),
            )
        known |= found if not short else {}
    return Reserved(refused, _full(wishes, known))


def period_ends(period: str) -> float:
    """Return when a UTC day or month is over (Unix seconds)."""
    if len(period) == len("2026-11"):
        first = dt.date.fromisoformat(f"{period}-01")
        days = calendar.monthrange(first.year, first.month)[1]
    else:
        first, days = dt.date.fromisoformat(period), 1
    after = dt.datetime.combine(first, dt.time(), dt.UTC) + dt.timedelta(days=days)
    return after.timestamp()


def _add(pending: Pending, wish: Wish, now: float) -> None:
    held = amounts(wish.job)
    pending.add(wish.of, Amounts(held.price), (Booking(held),), now)


def _limits_of(wishes: Sequence[Wish]) -> dict[Key, int]:
    """Return every total that has a limit, with the lowest that a command of the batch has."""
    found: dict[Key, int] = {}
    for wish in wishes:
        for total, most in wish.most.items():
            found[total] = min(most, found.get(total, most))
    return found


def _stored(connection: Connection, total: Key) -> Total:
    row = connection.execute(
        select(totals.c.held, totals.c.spent).where(
            and_(
                totals.c.scope == total.scope,
                totals.c.scope_id == total.scope_id,
                totals.c.pack == total.pack,
                totals.c.period == total.period,
            )
        )
    ).one()
    return Total(row.held, row.spent)


def _full(wishes: Sequence[Wish], found: dict[Key, Total]) -> list[Full]:
    """Return the limits of the account and of servers that are used up so far as to be told."""
    told: dict[Key, Full] = {}
    for wish in wishes:
        percent = wish.limits.warn_percent if wish.limits is not None else 0
        for total, most in wish.most.items() if percent else ():
            if total in told or total.scope == MEMBER or total not in found:
                continue
            used = found[total].used
            reached = next(
                (one for one in (PERCENT, percent) if used * PERCENT >= most * one), None
            )
            if reached is not None:
                told[total] = Full(total, used, most, reached)
    return list(told.values())
