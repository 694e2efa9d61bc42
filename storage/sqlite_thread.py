"""A connection to a SQLite file in its own thread, where a whole transaction runs in one hop.

The thread and its queue are aiosqlite's. SQLAlchemy runs inside the thread and not around it: every
hop waits for the interpreter twice, and a transaction of three statements would need a dozen.
"""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from typing import Any, Final, Self, TypeVar

import aiosqlite
from sqlalchemy import Connection, Engine

from storage.errors import StorageUnavailable

BEGIN: Final = "BEGIN IMMEDIATE"
PRIMARY_CODE: Final = 0xFF
"""The bits of SQLite's error codes that are left of the extended ones."""
_CHUNK_ROWS: Final = 64
"""aiosqlite's setting for its own cursors; none is created here."""

Result = TypeVar("Result")


class Locked(Exception):
    """Another process is writing; the cause is SQLite's error."""


def _is_locked(error: object) -> bool:
    code = getattr(error, "sqlite_errorcode", None)
    return isinstance(code, int) and code & PRIMARY_CODE == sqlite3.SQLITE_BUSY


class Files(threading.local):
    """The SQLite connection of the calling thread, for the engine used there."""

    here: sqlite3.Connection

    def of_this_thread(self) -> sqlite3.Connection:
        """Return it; an engine's `creator`."""
        return self.here


class SqliteThread(aiosqlite.Connection):
    """Runs its work items one after another, each as one transaction or as plain reads.

    Work whose caller was cancelled runs all the same. The thread does not keep the process alive.
    """

    def __init__(self, path: str, engine: Engine, files: Files, *, timeout_s: float) -> None:
        def connect() -> sqlite3.Connection:
            # Only this thread uses it, except for Python's collector at the end of the process.
            files.here = sqlite3.connect(
                path, timeout=timeout_s, isolation_level=None, check_same_thread=False
            )
            return files.here

        super().__init__(connect, _CHUNK_ROWS)
        self._thread.daemon = True
        self._engine = engine
        self._files = files
        self._within: Connection | None = None
        self._ended = False

    async def open(self) -> Self:
        """Start the thread and connect there."""
        await self
        return self

    async def read(self, work: Callable[[Connection], Result]) -> Result:
        """Return the result of `work`; each of its statements reads the committed rows."""

        def go() -> Result:
            connection = self._connection_here()
            try:
                return work(connection)
            finally:
                connection.rollback()  # Nothing was begun except SQLAlchemy's own bookkeeping.

        return await self._run(go)

    async def write(self, work: Callable[[Connection], Result]) -> Result:
        """Return the result of `work`, committed unless it raises.

        Raises `Locked` if another process is writing: then nothing was begun.
        """

        def go() -> Result:
            connection = self._connection_here()
            with connection.begin():
                try:
                    self._conn.execute(BEGIN)
                except sqlite3.OperationalError as error:
                    if _is_locked(error):
                        raise Locked from error
                    raise
                return work(connection)

        return await self._run(go)

    async def maintain(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Return what `work` returns; it begins and ends its own transactions, if any.

        Raises `Locked` like `write`, and then `work` may be done again.
        """

        def go() -> Result:
            try:
                return work(self._conn)
            except sqlite3.OperationalError as error:
                if _is_locked(error):
                    raise Locked from error
                raise

        return await self._run(go)

    def stop(self) -> "asyncio.Future[Any] | None":
        """Have all closed once the queued work is done; the future is done then.

        It cannot be cancelled halfway, and aiosqlite calls it too where connecting is cancelled.
        """
        self._ended = True
        self._tx.put_nowait((None, self._leave))
        ending: asyncio.Future[Any] | None = super().stop()
        return ending

    def _leave(self) -> None:
        if self._within is not None:
            self._within.close()
        opened = getattr(self._files, "here", None)
        if opened is not None:  # aiosqlite does not know of one whose caller stopped waiting
            opened.close()

    def _connection_here(self) -> Connection:
        if self._within is None:
            self._within = self._engine.connect()
        return self._within

    async def _run(self, step: Callable[[], Result]) -> Result:
        if self._ended:
            raise StorageUnavailable("closed")
        result: Result = await self._execute(step)  # type: ignore[no-untyped-call]  # aiosqlite's
        return result
