"""Which tables of a PostgreSQL database are this program's, those of newer versions included.

A database may hold tables of others. Ours are those that this version knows, and those that carry
the comment which every migration leaves on what it has made.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, bindparam, inspect, select, text

from storage.connections import POSTGRESQL
from storage.errors import StorageUnavailable
from storage.schema import metadata
from storage.versions import NOTHING, version_in

COMMENT: Final = "kling-discord"
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
