"""Versions of the schema: what is in a database, and which program can use it.

Each migration leaves a row. An older program may go on working on a newer schema if every step
since is an expanding one (`storage.migrations.EXPANDING`): so processes can be restarted one by
one.
"""

from typing import Final, NamedTuple

from sqlalchemy import Connection, insert, inspect, null, select

from storage.errors import StorageUnavailable
from storage.schema import schema_version


class Version(NamedTuple):
    """What is in a database."""

    number: int
    readable_from: int
    """The oldest program that can use it, by the newest version that it knows."""


NOTHING: Final = Version(0, 0)


def version_in(connection: Connection) -> Version:
    """Return the newest version that is recorded; `NOTHING` if the database is empty."""
    tables = inspect(connection).get_table_names()
    if schema_version.name in tables:
        readers = schema_version.c.readable_from if _knows_readers(connection) else null()
        newest = select(schema_version.c.version, readers).order_by(schema_version.c.version.desc())
        found = connection.execute(newest.limit(1)).first()
        return NOTHING if found is None else version_of_row(found[0], found[1])
    if "jobs" in tables:
        raise StorageUnavailable("cannot_open", "the database belongs to another program")
    return NOTHING


def version_of_row(number: int, readable_from: int | None) -> Version:
    """Return the version that a row records; without readers it is usable by its own program."""
    return Version(number, readable_from or number)


def note_version(connection: Connection, version: Version) -> None:
    """Record that the schema is now of this version."""
    noted = {"version": version.number}
    if _knows_readers(connection):
        noted["readable_from"] = version.readable_from
    connection.execute(insert(schema_version).values(noted))


def check_not_newer(version: Version, known: int) -> None:
    """Accept what a program can use that knows `known` versions; raises `StorageUnavailable`."""
    if version.readable_from > known:
        raise StorageUnavailable(
            "newer", f"schema version {version.number}, this program knows up to {known}"
        )


def _knows_readers(connection: Connection) -> bool:
    columns = inspect(connection).get_columns(schema_version.name)
    return any(column["name"] == schema_version.c.readable_from.name for column in columns)
