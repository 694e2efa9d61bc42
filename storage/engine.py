"""Opening the database: checked, locked, backed up, migrated, and then handed over."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from storage import sqlite_file
from storage.connections import (
    POSTGRESQL,
    SQLITE,
    Connections,
    connect_postgresql,
    connect_sqlite,
)
from storage.errors import StorageUnavailable
from storage.lock import locked
from storage.migrations import MIGRATIONS, Migration, check_not_newer, migrate, version_in
from storage.store import JobStore

_POSTGRESQL_SCHEMES: Final = frozenset({POSTGRESQL, "postgres"})


@dataclass(frozen=True, slots=True)
class Database:
    """An open database. `jobs` is everything that is remembered."""

    jobs: JobStore


@contextlib.asynccontextmanager
async def open_database(
    url: str,
    *,
    owner: str,
    beside: bool = False,
    migrations: Sequence[Migration] = MIGRATIONS,
) -> AsyncIterator[Database]:
    """Open `sqlite:///path` or `postgresql://…` for the block, at the newest schema.

    `owner` names this process on its leases. A SQLite file is for one process: it is locked, and
    every lease found in it is void. `beside` opens what a running bot has open, for an operator:
    no lock, no migration, leases stay. Raises `StorageUnavailable` with a reason, and then leaves
    the database as it was.
    """
    address = _parsed(url)
    async with contextlib.AsyncExitStack() as stack:
        if address.drivername == SQLITE:
            path = _sqlite_path(address)
            if not beside:
                await _prepare_file(stack, path, migrations)
            else:
                await asyncio.to_thread(_check_file_beside, path, migrations)
            connections = connect_sqlite(str(path))
        else:
            connections = connect_postgresql(address)
        stack.push_async_callback(connections.close)
        jobs = JobStore(connections, owner)
        if beside:
            await _check_version(connections, migrations)
        else:
            await _set_up(connections, migrations)
            if connections.dialect == SQLITE:
                await jobs.void_leases()
        yield Database(jobs)


def _parsed(url: str) -> URL:
    try:
        address = make_url(url)
    except ArgumentError:
        raise StorageUnavailable("cannot_open", "the address is not a database URL") from None
    if address.drivername != SQLITE and address.drivername not in _POSTGRESQL_SCHEMES:
        raise StorageUnavailable("cannot_open", "the address is neither sqlite nor postgresql")
    return address


def _sqlite_path(address: URL) -> Path:
    if not address.database or address.database == ":memory:":
        raise StorageUnavailable("cannot_open", "a file is needed: sqlite:///path")
    return Path(address.database)


async def _prepare_file(
    stack: contextlib.AsyncExitStack, path: Path, migrations: Sequence[Migration]
) -> None:
    await asyncio.to_thread(sqlite_file.make_place, path)
    holding = locked(path)
    await asyncio.to_thread(holding.__enter__)
    stack.push(holding.__exit__)
    version = await asyncio.to_thread(sqlite_file.version_of, path)
    if version is None:
        await asyncio.to_thread(sqlite_file.make_file, path)
        return
    check_not_newer(version, migrations)
    if version < len(migrations):
        await asyncio.to_thread(sqlite_file.back_up, path, version)


def _check_file_beside(path: Path, migrations: Sequence[Migration]) -> None:
    version = sqlite_file.version_of(path)
    if version is None:
        raise StorageUnavailable("cannot_open", f"{path} holds no database yet")
    _check_same(version, migrations)


async def _check_version(connections: Connections, migrations: Sequence[Migration]) -> None:
    with _connecting():
        async with connections.reading() as connection:
            _check_same(await connection.run_sync(version_in), migrations)


def _check_same(version: int, migrations: Sequence[Migration]) -> None:
    check_not_newer(version, migrations)
    if version < len(migrations):
        raise StorageUnavailable("older", "its schema is of an older version")


async def _set_up(connections: Connections, migrations: Sequence[Migration]) -> None:
    with _connecting():
        if connections.dialect == SQLITE:
            async with connections.reading() as connection:
                await connection.exec_driver_sql("PRAGMA journal_mode = WAL")
        async with connections.writing() as connection:
            await connection.run_sync(migrate, migrations)


@contextlib.contextmanager
def _connecting() -> Iterator[None]:
    """Anything a driver says while the first connection is made means that there is none."""
    try:
        yield
    except DBAPIError as error:
        raise StorageUnavailable("cannot_open", type(error.orig).__name__) from None
    except Exception as error:
        # asyncpg raises its own errors here: no such database, no such user, wrong password.
        if getattr(error, "sqlstate", None) is None:
            raise
        raise StorageUnavailable("cannot_open", type(error).__name__) from None
