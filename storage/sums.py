"""Sums of the ledger: what totals are built of, and compared with."""

from collections.abc import Iterable
from typing import Final

from sqlalchemy import ColumnElement, Connection, and_, case, func, select

from storage.ledger import MEMBER, SERVER, Key, Total, days_of
from storage.money import EntryKind
from storage.money_schema import ledger, totals
from storage.statements import insert_into


def build_totals(connection: Connection, missing: Iterable[Key]) -> int:
    """Add these totals where they are missing, as the ledger has them; return how many were.

    On PostgreSQL the ledger has to be locked.
    """
    added = 0
    for total in sorted(missing):
        held, spent = sum_of(connection, total)
        row = {
            "scope": total.scope,
            "scope_id": total.scope_id,
            "pack": total.pack,
            "period": total.period,
            "held": held,
            "spent": spent,
        }
        adding = insert_into(connection.dialect.name, totals).values(row)
        added += connection.execute(adding.on_conflict_do_nothing()).rowcount
    return added


_UNITS: Final[ColumnElement[int]] = ledger.c.units
HELD: Final[ColumnElement[int]] = func.coalesce(
    func.sum(
        case(
            (ledger.c.kind.in_([EntryKind.RESERVED, EntryKind.GIVEN_BACK]), _UNITS),
            (ledger.c.kind == EntryKind.SPENT, -_UNITS),
            else_=0,
        )
    ),
    0,
)
"""What rows of the ledger hold together."""
SPENT: Final[ColumnElement[int]] = func.coalesce(
    func.sum(
        case(
            (ledger.c.kind.in_([EntryKind.SPENT, EntryKind.CORRECTED, EntryKind.CREDIT]), _UNITS),
            else_=0,
        )
    ),
    0,
)
"""What rows of the ledger spend together."""


def sum_of(connection: Connection, total: Key) -> Total:
    """Return what the ledger says about a total."""
    first, after = days_of(total.period)
    counted = [ledger.c.pack == total.pack, ledger.c.day >= first, ledger.c.day < after]
    if total.scope == SERVER:
        counted.append(ledger.c.guild_id == total.scope_id)
    if total.scope == MEMBER:
        counted.append(ledger.c.user_id == total.scope_id)
    else:
        counted.append(ledger.c.kind != EntryKind.CREDIT)
    row = connection.execute(select(HELD, SPENT).where(and_(*counted))).one()
    return Total(int(row[0]), int(row[1]))
