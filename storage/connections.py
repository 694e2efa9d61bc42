"""Connections to the one database: how a read and a write begin, and what their failures mean.

Nothing above this file sees an error of a driver, except for `IntegrityError`.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from typing import Any, Final, TypeVar
from weakref import WeakSet

from sqlalchemy import create_engine, event, exc
from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from storage.address import CACHE_SIZES, PostgresqlAddress
from storage.errors import StorageUnavailable
from storage.sqlite_driver import BEGIN, Driver
from storage.sqlite_file import reason_of

SQLITE: Final = "sqlite"
POSTGRESQL: Final = "postgresql"

SQLITE_BUSY_TIMEOUT_S: Final = 10.0
"""How long a write waits for another process, such as the operator's command line."""
SQLITE_POOL_CONNECTIONS: Final = 4
SQLITE_WAL_KEPT_MAX_BYTES: Final = 64 * 1024 * 1024
"""A write-ahead log that grew with large inputs is cut back to this after a checkpoint."""
POSTGRESQL_POOL_CONNECTIONS: Final = 8
POSTGRESQL_CONNECT_TIMEOUT_S: Final = 10.0
POSTGRESQL_STATEMENT_TIMEOUT_S: Final = 30.0

Result = TypeVar("Result")

_WRITES: Final = "kling_writes"
"""Execution option of the engine whose transactions are going to write."""

_SQLSTATE_REASONS: Final = {
    "53100": "full",
    "25006": "read_only",
    "40001": "held",  # a serialization failure or a deadlock undid all of the transaction:
    "40P01": "held",  # it may be repeated
}
"""PostgreSQL's codes that say what is wrong (its documentation, appendix A)."""
_SQLSTATE_UNAVAILABLE: Final = ("08", "28", "3D", "53", "57P", "58", "XX001", "XX002")
"""Connection, authorisation, no such database, resources, shutdown, system error, corruption."""


class Connections:
    """Reads that see committed rows, and writes that begin as writes and are atomic.

    On SQLite the writes of this process take turns in order of arrival, which is kinder than its
    busy handler, and each begins IMMEDIATE: it never has to turn from reader into writer. Urgent
    writes wait for the one that is under way and for the next, not for the whole line.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        at_once: Engine | None = None,
        drivers: Collection[Driver] | None = None,
    ) -> None:
        self.dialect: Final = engine.dialect.name
        self._engine = engine
        self._at_once = at_once
        self._drivers = () if drivers is None else drivers
        self._writer = engine.execution_options(**{_WRITES: True})
        self._reader = (
            engine.execution_options(isolation_level="AUTOCOMMIT")
            if self.dialect == POSTGRESQL
            else engine
        )
        alone = self.dialect == SQLITE
        self._turn = asyncio.Lock() if alone else contextlib.nullcontext()
        self._line = asyncio.Lock() if alone else contextlib.nullcontext()

    @contextlib.asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """Give a connection for single statements that read; raises `StorageUnavailable`."""
        with translated():
            async with self._reader.connect() as connection:
                yield connection

    @contextlib.asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """Give a connection in a transaction, committed unless the block raises.

        Raises `StorageUnavailable`; lets `IntegrityError` of the block through.
        """
        async with self._line, self._turn:
            with translated():
                async with self._writer.begin() as connection:
                    yield connection

    async def write_urgently(self, work: Callable[[Connection], Result]) -> Result:
        """Return what `work` returns, committed unless it raises; for what somebody waits for.

        On SQLite the whole of it is one trip to a thread. Raises as `writing` does.
        """
        async with self._turn:
            with translated():
                if self._at_once is not None:
                    return await asyncio.to_thread(_in_transaction, self._at_once, work)
                async with self._writer.begin() as connection:
                    return await connection.run_sync(work)

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()
        for driver in list(self._drivers):  # held by a step that was given up: nobody returns it
            await driver.end()
        if self._at_once is not None:
            await asyncio.to_thread(self._at_once.dispose)


def connect_sqlite(path: str) -> Connections:
    """Prepare connections to this file; nothing is opened yet."""
    drivers: WeakSet[Driver] = WeakSet()

    def made() -> Driver:
        driver = Driver(path, timeout_s=SQLITE_BUSY_TIMEOUT_S)
        drivers.add(driver)
        return driver

    engine = create_async_engine(
        URL.create("sqlite+aiosqlite", database=path),
        hide_parameters=True,
        pool_size=SQLITE_POOL_CONNECTIONS,
        max_overflow=0,
        async_creator=made,
    )
    at_once = create_engine(
        URL.create("sqlite", database=path),
        hide_parameters=True,
        pool_size=1,
        max_overflow=0,
        connect_args={"timeout": SQLITE_BUSY_TIMEOUT_S},
        execution_options={_WRITES: True},
    )
    for each in (engine.sync_engine, at_once):
        event.listen(each, "connect", _set_up_sqlite)
        event.listen(each, "begin", _begin_sqlite)
    return Connections(engine, at_once, drivers)


def connect_postgresql(address: PostgresqlAddress) -> Connections:
    """Prepare connections to this server; nothing is opened yet."""
    engine = create_async_engine(
        URL.create(
            "postgresql+asyncpg",
            username=address.user or None,
            password=address.password or None,
            database=address.database or None,
        ),
        hide_parameters=True,
        pool_size=POSTGRESQL_POOL_CONNECTIONS,
        max_overflow=0,
        pool_pre_ping=True,
        connect_args=_asyncpg_arguments(address),
    )
    return Connections(engine)


def _asyncpg_arguments(address: PostgresqlAddress) -> dict[str, Any]:
    """Return the options by asyncpg's names, which differ from libpq's."""
    arguments: dict[str, Any] = {
        "timeout": POSTGRESQL_CONNECT_TIMEOUT_S,
        "command_timeout": POSTGRESQL_STATEMENT_TIMEOUT_S,
        **({"host": address.host} if address.host else {}),
        **({"port": address.port} if address.port else {}),
    }
    for name, value in address.options.items():
        if name == "application_name":
            arguments["server_settings"] = {name: value}
        else:
            renamed = "ssl" if name == "sslmode" else name
            arguments[renamed] = int(value) if name in CACHE_SIZES else value
    return arguments


def _in_transaction(engine: Engine, work: Callable[[Connection], Result]) -> Result:
    with engine.begin() as connection:
        return work(connection)


def _set_up_sqlite(connection: Any, _entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # transactions begin where `_begin_sqlite` says so
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous = FULL")  # an acknowledged job survives power loss
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA secure_delete = FAST")  # an emptied token is not left in its page
    cursor.execute(f"PRAGMA journal_size_limit = {SQLITE_WAL_KEPT_MAX_BYTES}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    if connection.get_execution_options().get(_WRITES):
        connection.exec_driver_sql(BEGIN)


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Turn what a driver says about a database that cannot be used into `StorageUnavailable`."""
    try:
        yield
    except exc.IntegrityError:
        raise
    except exc.TimeoutError:
        raise StorageUnavailable("held", "no connection came free") from None
    except exc.DBAPIError as error:
        unavailable = _unavailable(error.orig, lost=error.connection_invalidated)
        if unavailable is None:
            raise
        raise unavailable from None
    except OSError as error:
        # What the server's socket says; the address may hold a password, so only the kind is told.
        raise StorageUnavailable("cannot_open", type(error).__name__) from None


def _unavailable(error: object, *, lost: bool) -> StorageUnavailable | None:
    code = getattr(error, "sqlite_errorcode", None)
    if isinstance(code, int):
        about_file = reason_of(code)
        return StorageUnavailable(about_file, str(error)) if about_file else None
    state = getattr(error, "sqlstate", None)
    if isinstance(state, str) and state.startswith((*_SQLSTATE_UNAVAILABLE, *_SQLSTATE_REASONS)):
        reason = _SQLSTATE_REASONS.get(state, "corrupt" if state[:2] == "XX" else "cannot_open")
        return StorageUnavailable(reason, f"SQLSTATE {state}")
    if lost:
        return StorageUnavailable("cannot_open", "the connection was lost")
    return None
