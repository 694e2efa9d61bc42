"""What becomes of the ledger and its totals: by age, and when somebody is to be forgotten."""

import datetime as dt

from sqlalchemy import Column, Connection, and_, delete, or_, update

from storage.audit import forget_audit
from storage.ledger import ACCOUNT, MEMBER, SERVER, day_of, month_of
from storage.schema import ledger, slots_kept, totals, warned


def forget_member_in_books(connection: Connection, user_id: int, now: float) -> None:
    """Remove a member's id from entries whose day is over; from today's, the purge removes it."""
    _forget(connection, ledger.c.user_id, ledger.c.forgets_member, user_id, now)
    _drop_totals(connection, MEMBER, user_id, now)


def forget_server_in_books(connection: Connection, guild_id: int, now: float) -> None:
    """Remove a server's id from entries whose day is over; from today's, the purge removes it.

    The operator's cap for it stays.
    """
    _forget(connection, ledger.c.guild_id, ledger.c.forgets_server, guild_id, now)
    told = and_(warned.c.scope == SERVER, warned.c.scope_id == guild_id)
    connection.execute(delete(warned).where(told))
    rows = and_(totals.c.scope == SERVER, totals.c.scope_id == guild_id)
    connection.execute(delete(totals).where(rows))


def purge_books(connection: Connection, now: float, older_s: float) -> None:
    """Delete entries and changes older than so many seconds, and what is kept for a day or month.

    Entries of this month and of the one before stay in any case: limits are sums of them, and a
    clock may be set back. So does what was told of both months.
    """
    today = day_of(now)
    this_month = month_of(today)
    before = dt.date.fromisoformat(f"{this_month}-01") - dt.timedelta(days=1)
    last_month = month_of(before.isoformat())
    first_kept = f"{last_month}-01"
    connection.execute(delete(ledger).where(ledger.c.day < min(first_kept, day_of(now - older_s))))
    forget_audit(connection, now - older_s)
    for column, flag in (
        (ledger.c.user_id, ledger.c.forgets_member),
        (ledger.c.guild_id, ledger.c.forgets_server),
    ):
        to_forget = or_(ledger.c.forgets_member, ledger.c.forgets_server)
        over = and_(to_forget, flag, ledger.c.day < today)
        connection.execute(update(ledger).where(over).values({column.name: None, flag.name: False}))
    _drop_totals(connection, MEMBER, None, now)
    old = and_(totals.c.scope.in_([ACCOUNT, SERVER]), totals.c.period < this_month)
    connection.execute(delete(totals).where(old))
    connection.execute(delete(warned).where(warned.c.period < last_month))
    connection.execute(delete(slots_kept).where(slots_kept.c.until <= now))


def _forget(
    connection: Connection, whose: Column[int], flag: Column[bool], number: int, now: float
) -> None:
    today = day_of(now)
    over = update(ledger).where(whose == number, ledger.c.day < today)
    connection.execute(over.values({whose.name: None}))
    connection.execute(update(ledger).where(whose == number).values({flag.name: True}))


def _drop_totals(connection: Connection, scope: str, number: int | None, now: float) -> None:
    over = and_(totals.c.scope == scope, totals.c.period < day_of(now))
    if number is not None:
        over = and_(over, totals.c.scope_id == number)
    connection.execute(delete(totals).where(over))
