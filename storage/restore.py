"""Copies of a whole database: made while the bot runs, put in place before it starts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection

from storage import postgresql_dump, postgresql_load, sqlite_backup, sqlite_file
from storage.address import PostgresqlAddress, SqliteAddress, parse_address
from storage.engine import open_database
from storage.lock import locked
from storage.migrations import MIGRATIONS, Migration
from storage.own_tables import own_tables, refuse_if_leased
from storage.own_thread import in_own_thread
from storage.restoring import Marked
from storage.versions import check_not_newer

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Restored:
    """What a copy contained, and where the database is that it replaced."""

    marked: Marked
    replaced: Path | None


async def back_up_database(url: str, target: Path, *, now: float) -> None:
    """Write a copy of the database at one moment; a running bot goes on meanwhile.

    `now` is noted in it where possible. Raises `StorageUnavailable`, and then leaves an earlier
    copy as it was.
    """
    address = parse_address(url)
    if isinstance(address, SqliteAddress):
        path = address.path
        await in_own_thread(lambda: sqlite_backup.copy_database(path, target, now=now))
    else:
        await postgresql_dump.dump(address, target)


async def restore_database(
    url: str,
    copy: Path,
    *,
    owner: str,
    now: float,
    migrations: Sequence[Migration] = MIGRATIONS,
) -> Restored:
    """Put a copy in the database's place, upgraded and marked as restored at `now`.

    Raises `StorageUnavailable`: `held` if a bot uses the database, `newer` for a copy of a newer
    version, `corrupt` or `cannot_open` for a file that is no copy. Then nothing was replaced.
    """
    address = parse_address(url)
    if isinstance(address, SqliteAddress):
        return await _into_file(address.path, copy, owner, now, migrations)
    return await _into_server(url, address, copy, owner, now, migrations)


async def _into_file(
    database: Path, copy: Path, owner: str, now: float, migrations: Sequence[Migration]
) -> Restored:
    await in_own_thread(lambda: sqlite_file.make_place(database))
    with locked(database):
        try:
            prepared = await in_own_thread(lambda: _prepared(copy, database, migrations))
            url = f"sqlite:///{prepared}"
            async with open_database(url, owner=owner, migrations=migrations) as opened:
                marked = await opened.jobs.mark_restored(now=now)
            replaced = await in_own_thread(lambda: sqlite_backup.put_in_place(database))
        finally:
            await in_own_thread(lambda: sqlite_backup.discard_restored(database))
    return Restored(marked, replaced)


def _prepared(copy: Path, database: Path, migrations: Sequence[Migration]) -> Path:
    check_not_newer(sqlite_backup.version_of_copy(copy), len(migrations))
    return sqlite_backup.prepare_restored(copy, database)


async def _into_server(
    url: str,
    address: PostgresqlAddress,
    copy: Path,
    owner: str,
    now: float,
    migrations: Sequence[Migration],
) -> Restored:
    own = await looked_at(address, own_tables)
    version = await postgresql_dump.version_in_dump(address, own.schema, copy)
    check_not_newer(version, len(migrations))
    await refuse_if_in_use(address, now=now)
    await postgresql_load.load(address, copy, own)
    async with open_database(url, owner=owner, moving=True, migrations=migrations) as opened:
        marked = await opened.jobs.mark_restored(now=now)
        await opened.jobs.refuse_if_moved()  # a copy that was made in the middle of a move
    return Restored(marked, None)


async def refuse_if_in_use(address: PostgresqlAddress, *, now: float) -> None:
    """Raise `StorageUnavailable` (`held`) while a `run` or a `worker` has this database.

    By their leases: other clients, and what a pooler keeps open, are no matter.
    """
    await looked_at(address, lambda here: refuse_if_leased(here, now))


async def looked_at(address: PostgresqlAddress, look: Callable[[Connection], Result]) -> Result:
    """Return what `look` sees of the database as it is; raises `StorageUnavailable`."""
    from storage.postgresql_connections import (  # noqa: PLC0415 - loaded only for its users
        PostgresqlConnections,
    )

    connections = PostgresqlConnections(address)
    try:
        return await connections.read(look)
    finally:
        await connections.close()
