"""Opening the database: checked, locked, backed up and migrated, then ready for use."""

import contextlib
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from storage import sqlite_file
from storage.address import DatabaseAddress, SqliteAddress, parse_address
from storage.connections import SQLITE, Connections
from storage.errors import StorageUnavailable
from storage.lock import locked
from storage.migrations import MIGRATIONS, Migration, migrate
from storage.own_thread import in_own_thread
from storage.sqlite_connections import SqliteConnections
from storage.store import JobStore
from storage.versions import Version, check_not_newer, version_in


@dataclass(frozen=True, slots=True)
class Database:
    """An open database. `jobs` is everything that is stored."""

    jobs: JobStore


@contextlib.asynccontextmanager
async def open_database(
    url: str,
    *,
    owner: str,
    beside: bool = False,
    moving: bool = False,
    now: float | None = None,
    migrations: Sequence[Migration] = MIGRATIONS,
) -> AsyncIterator[Database]:
    """Open `sqlite:///path` or `postgresql://…` for the block, at the newest schema.

    `owner` names this process on its leases. A SQLite file belongs to one process: it is locked,
    and all leases found in it are void. `beside` opens a database that a running bot has open, for
    the operator: no lock, no migration, leases stay. `moving` opens also what a move has not filled
    yet, or has emptied of its meaning. With `now` (Unix seconds), which a process that stays gives,
    no upgrade is made while others work that could not go on after it (`held`). Raises
    `StorageUnavailable` with a reason, and then leaves the database unchanged.
    """
    address = _parsed(url)
    async with contextlib.AsyncExitStack() as stack:
        connections: Connections
        if isinstance(address, SqliteAddress):
            if not beside:
                await _prepare_file(stack, address.path, migrations)
            else:
                await in_own_thread(lambda: _check_file_beside(address.path, migrations))
            connections = SqliteConnections(str(address.path))
        else:
            from storage.postgresql_connections import (  # noqa: PLC0415 - 6 MB for its users only
                PostgresqlConnections,
            )

            connections = PostgresqlConnections(address)
        stack.push_async_callback(connections.close)
        jobs = JobStore(connections, owner)
        if beside:
            await _check_version(connections, migrations)
        else:
            await _set_up(connections, migrations, now)
            if connections.dialect == SQLITE:
                await jobs.void_leases()
            else:
                await jobs.take_back()
        if not moving:
            await jobs.refuse_if_moved()
        yield Database(jobs)


def _parsed(url: str) -> DatabaseAddress:
    try:
        return parse_address(url)
    except ValueError as wrong:
        raise StorageUnavailable("cannot_open", f"its address {wrong}") from None


async def _prepare_file(
    stack: contextlib.AsyncExitStack, path: Path, migrations: Sequence[Migration]
) -> None:
    await in_own_thread(lambda: sqlite_file.make_place(path))
    holding = locked(path)
    await in_own_thread(holding.__enter__)
    stack.push(holding.__exit__)
    version = await in_own_thread(lambda: sqlite_file.version_of(path))
    if version is None:
        await in_own_thread(lambda: sqlite_file.make_file(path))
        return
    check_not_newer(version, len(migrations))
    if version.number < len(migrations):
        old = version.number
        await in_own_thread(lambda: sqlite_file.back_up(path, old))
    await in_own_thread(lambda: sqlite_file.make_shrinkable(path))


def _check_file_beside(path: Path, migrations: Sequence[Migration]) -> None:
    version = sqlite_file.version_of(path)
    if version is None:
        raise StorageUnavailable("cannot_open", f"{path} contains no database yet")
    _check_same(version, migrations)


async def _check_version(connections: Connections, migrations: Sequence[Migration]) -> None:
    with _connecting():
        _check_same(await connections.read(version_in), migrations)


def _check_same(version: Version, migrations: Sequence[Migration]) -> None:
    check_not_newer(version, len(migrations))
    if version.number < len(migrations):
        raise StorageUnavailable("older", "its schema is of an older version")


async def _set_up(
    connections: Connections, migrations: Sequence[Migration], now: float | None
) -> None:
    with _connecting():
        if connections.dialect == SQLITE:
            await connections.read(
                lambda here: here.exec_driver_sql("PRAGMA journal_mode = WAL").close()
            )
        await connections.write(lambda here: migrate(here, migrations, now))


@contextlib.contextmanager
def _connecting() -> Iterator[None]:
    """Treat any driver error during the first connection as "there is no connection"."""
    try:
        yield
    except DBAPIError as error:
        raise StorageUnavailable("cannot_open", _refused(error.orig)) from None
    except Exception as error:
        # asyncpg raises its own errors here: unknown database, unknown user, wrong password.
        if getattr(error, "sqlstate", None) is None:
            raise
        raise StorageUnavailable("cannot_open", _refused(error)) from None


def _refused(error: object) -> str:
    """Return that there is no connection: by the error's kind, whose words may hold the address."""
    driver = getattr(error, "__cause__", None) or error  # SQLAlchemy's are named by their kind only
    return f"no connection can be made with this URL ({type(driver).__name__})"
