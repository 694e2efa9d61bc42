"""A connection to a SQLite file in a thread of its own, where whole transactions run in one trip.

The thread and its queue are aiosqlite's. SQLAlchemy runs inside the thread and not around it: each
trip waits for the interpreter twice, and a transaction of three statements would make a dozen.
"""

import sqlite3
import threading
from collections.abc import Callable
from typing import Final, Self, TypeVar

import aiosqlite
from sqlalchemy import Connection, Engine

BEGIN: Final = "BEGIN IMMEDIATE"
_CHUNK_ROWS: Final = 64
"""What aiosqlite wants to know for cursors of its own; none is made here."""

Result = TypeVar("Result")


class Files(threading.local):
    """The SQLite connection of the thread that asks: what an engine is to use there."""

    here: sqlite3.Connection

    def of_this_thread(self) -> sqlite3.Connection:
        """Return it; an engine's `creator`."""
        return self.here


class SqliteThread(aiosqlite.Connection):
    """Runs what it is given one after the other, each as one transaction or as plain reads.

    What was given up by its caller is done all the same. The thread keeps no process from ending.
    """

    def __init__(self, path: str, engine: Engine, files: Files, *, timeout_s: float) -> None:
        def connect() -> sqlite3.Connection:
            # Only this thread uses it, but for Python's collector at the end of the process.
            files.here = sqlite3.connect(
                path, timeout=timeout_s, isolation_level=None, check_same_thread=False
            )
            return files.here

        super().__init__(connect, _CHUNK_ROWS)
        self._thread.daemon = True
        self._engine = engine
        self._within: Connection | None = None

    async def open(self) -> Self:
        """Start the thread and connect there."""
        await self
        return self

    async def read(self, work: Callable[[Connection], Result]) -> Result:
        """Return what `work` returns; its statements see committed rows, each by itself."""

        def go() -> Result:
            connection = self._connection_here()
            try:
                return work(connection)
            finally:
                connection.rollback()  # nothing was begun but SQLAlchemy's own count of it

        return await self._run(go)

    async def write(self, work: Callable[[Connection], Result]) -> Result:
        """Return what `work` returns, committed unless it raises."""

        def go() -> Result:
            connection = self._connection_here()
            with connection.begin():
                connection.exec_driver_sql(BEGIN)
                return work(connection)

        return await self._run(go)

    async def end(self) -> None:
        """Close once everything given has been done, whoever still waits for it."""
        if self._connection is None:
            return
        if self._within is not None:
            await self._run(self._within.close)
        closing = self.stop()
        if closing is not None:
            await closing

    def _connection_here(self) -> Connection:
        if self._within is None:
            self._within = self._engine.connect()
        return self._within

    async def _run(self, step: Callable[[], Result]) -> Result:
        result: Result = await self._execute(step)  # type: ignore[no-untyped-call]  # aiosqlite's
        return result
