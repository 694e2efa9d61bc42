"""Which tables of a PostgreSQL database are this program's, those of newer versions included.

A database may hold tables of others. Ours are those that this version knows, and those that carry
the comment which every migration leaves on what it has made.
"""

import math
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, bindparam, func, inspect, select, text, union_all

from storage.clocks import is_over
from storage.connections import POSTGRESQL
from storage.errors import StorageUnavailable
from storage.schema import call_shares, metadata, roles
from storage.versions import NOTHING, version_in

COMMENT: Final = "kling-discord"
LEASE_MAX_S: Final = 60.0
"""No version takes a longer lease on a role or on calls."""
_OURS: Final = text(
    "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables"
    " WHERE schemaname = current_schema() AND (tablename IN :known OR obj_description("
    "format('%I.%I', schemaname, tablename)::regclass, 'pg_class') = :comment)"
    " ORDER BY tablename"
).bindparams(bindparam("known", expanding=True))


@dataclass(frozen=True, slots=True)
class OwnTables:
    """Where our tables are."""

    schema: str
    """PostgreSQL's name for a part of a database; the first of the search path that exists."""
    tables: tuple[str, ...]
    """Those that are there, with their schema, as SQL spells them."""


def own_tables(here: Connection) -> OwnTables:
    """Return our tables in this PostgreSQL database.

    Raises `StorageUnavailable` if it is another program's, or has no schema.
    """
    schema = here.execute(select(text("current_schema()"))).scalar_one()
    if schema is None:
        raise StorageUnavailable("cannot_open", "its search_path names no schema that exists")
    if version_in(here) == NOTHING:
        return OwnTables(schema, ())
    asked = {"known": [table.name for table in metadata.sorted_tables], "comment": COMMENT}
    return OwnTables(schema, tuple(here.execute(_OURS, asked).scalars()))


def table_names(here: Connection) -> AbstractSet[str]:
    """Return the names of the tables that are there, whosever they are."""
    return set(inspect(here).get_table_names())


def claim_new(here: Connection, before: AbstractSet[str]) -> None:
    """Leave the comment on every table that was not there before; SQLite has no comments."""
    if here.dialect.name != POSTGRESQL:
        return
    quote = here.dialect.identifier_preparer.quote
    commenting = [
        f"COMMENT ON TABLE {quote(name)} IS '{COMMENT}';"
        for name in sorted(table_names(here) - before)
    ]
    here.exec_driver_sql(f"DO $$ BEGIN {' '.join(commenting)} END $$").close()


def refuse_if_leased(here: Connection, now: float) -> None:
    """Raise `StorageUnavailable` (`held`) while a process has a lease: on a role or on calls.

    Every `run` and every `worker` renews one, at the latest every 15 s (`bot.jobs.housekeeping`).
    A lease that a clock wrote which was ahead does not count (`storage.clocks`).
    """
    if not {roles.name, call_shares.name} <= table_names(here):
        return  # nothing is there, or what is older than more than one process
    ends = union_all(select(roles.c.until), select(call_shares.c.until)).subquery()
    counts = ~is_over(ends.c.until, now, LEASE_MAX_S)
    last = here.execute(select(func.max(ends.c.until)).where(counts)).scalar_one()
    if last is not None:
        left_s = math.ceil(last - now)
        raise StorageUnavailable(
            "held",
            f"a `run` or a `worker` uses the database; if none does, one was killed, and its last "
            f"lease ends in {left_s} s",
        )
