"""SQLite: one writer thread, a few reader threads, and the order in which writes run."""

import asyncio
import contextlib
import functools
import sqlite3
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from storage.connections import SQLITE, translated
from storage.errors import StorageUnavailable
from storage.own_thread import in_own_thread
from storage.rows import read_json
from storage.sqlite_thread import Files, Locked, SqliteThread
from storage.sqlite_tidying import OVERWRITTEN_BYTES, empty_log, overwrite, vacuum

BUSY_TIMEOUT_S: Final = 10.0
"""How long a write waits for another process, such as the operator's command line."""
BUSY_PAUSE_S: Final = 0.005
BUSY_PAUSE_MAX_S: Final = 0.1
"""Between tries to get the lock; each doubles the pause."""
READERS: Final = 4
WAL_KEPT_MAX_BYTES: Final = 64 * 1024 * 1024
"""After a checkpoint, a write-ahead log that grew with large inputs is truncated to this size."""
EMPTYING_TRIES: Final = 20
EMPTYING_PAUSE_S: Final = 0.05
"""Tries to empty the log, and the pause between them: our own reads end sooner. A reader in another
process, such as a backup, is not waited for; later writes reuse the log bit by bit."""

Result = TypeVar("Result")


class SqliteConnections:
    """Connections to one file, opened on first use.

    The writes of this process run in order of arrival, which is fairer than SQLite's busy handler,
    and each begins IMMEDIATE, so it never has to be promoted from reader to writer. Urgent writes
    wait only for the running write and the next one.
    """

    def __init__(self, path: str) -> None:
        self.dialect = SQLITE
        self._path = path
        engine, self._files = _compiling_once()
        self._engine = engine.execution_options()  # with events of its own
        self._writer: SqliteThread | None = None
        self._readers: list[SqliteThread] = []
        self._idle: list[SqliteThread] = []
        self._reads = asyncio.Semaphore(READERS)
        self._turn = asyncio.Lock()
        self._line = asyncio.Lock()
        self._closed = False

    async def read(self, work: Callable[[Connection], Result]) -> Result:
        """Return what `work` returns, as `Connections` promises."""
        with translated():
            async with self._reads:
                reader = self._idle.pop() if self._idle else await self._another_reader()
                try:
                    return await reader.read(work)
                finally:
                    self._idle.append(reader)

    async def write(self, work: Callable[[Connection], Result], *, urgent: bool = False) -> Result:
        """Return what `work` returns, as `Connections` promises."""
        with translated():
            return await self._unlocked(lambda thread: thread.write(work), urgent=urgent)

    async def overwrite_input(self, job_id: str, name: str) -> None:
        """Fill a stored input with zeros, as `Connections` promises."""
        found = await self.read(
            lambda here: here.exec_driver_sql(
                "SELECT rowid FROM inputs WHERE job_id = ? AND name = ?", (job_id, name)
            ).scalar_one_or_none()
        )
        if found is None:
            return
        start = 0
        while await self._maintain(partial(overwrite, rowid=found, start=start)):
            start += OVERWRITTEN_BYTES

    async def in_copies(self, delete: Callable[[Path], None]) -> None:
        """Delete from the copies, as `Connections` promises."""
        await in_own_thread(lambda: delete(Path(self._path)))

    async def tidy(self) -> None:
        """Make file and log small, as `Connections` promises."""
        while await self._maintain(vacuum):
            pass
        for _ in range(EMPTYING_TRIES):
            if await self._maintain(empty_log):
                return
            await asyncio.sleep(EMPTYING_PAUSE_S)

    async def announce(self, sender: str) -> None:
        """Do nothing: the file has no other process."""

    async def hear(self, owner: str, heard: Callable[[], None]) -> None:  # noqa: ARG002 - as said
        """Wait: the file has no other process."""
        await asyncio.Event().wait()

    async def close(self) -> None:
        """Close every connection once everything that was begun is done.

        Cancelled, it ends all the same before it raises: the file belongs to this process until
        the last write is done.
        """
        self._closed = True
        threads = [*self._readers, *([self._writer] if self._writer is not None else [])]
        self._readers, self._writer = [], None
        await _ended(*threads)

    async def _maintain(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        with translated():
            return await self._unlocked(lambda thread: thread.maintain(work))

    async def _unlocked(
        self, step: Callable[[SqliteThread], Awaitable[Result]], *, urgent: bool = False
    ) -> Result:
        """Take the step in turn, again and again while another process holds the lock.

        SQLite itself does not wait: its thread could not be told that the caller is gone, and would
        write later what nobody expects any more. After `BUSY_TIMEOUT_S`, SQLite's error is raised.
        """
        loop = asyncio.get_running_loop()
        until, pause_s = loop.time() + BUSY_TIMEOUT_S, BUSY_PAUSE_S
        while True:
            async with contextlib.nullcontext() if urgent else self._line, self._turn:
                try:
                    return await step(await self._writing())
                except Locked as locked:
                    over = self._closed or loop.time() >= until
                    if over and locked.__cause__ is not None:
                        raise locked.__cause__ from None
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, BUSY_PAUSE_MAX_S)

    async def _writing(self) -> SqliteThread:
        if self._writer is None:
            self._writer = await self._opened(timeout_s=0.0)
        return self._writer

    async def _another_reader(self) -> SqliteThread:
        reader = await self._opened()
        self._readers.append(reader)
        return reader

    async def _opened(self, *, timeout_s: float = BUSY_TIMEOUT_S) -> SqliteThread:
        self._check_open()
        thread = SqliteThread(self._path, self._engine, self._files, timeout_s=timeout_s)
        await thread.open()
        try:
            self._check_open()
        except StorageUnavailable:  # closed meanwhile, by a `close` that did not know of it
            await _ended(thread)
            raise
        return thread

    def _check_open(self) -> None:
        if self._closed:
            raise StorageUnavailable("closed")


async def _ended(*threads: SqliteThread) -> None:
    """End them one after the other: the last connection, if it is alone, takes the log with it."""
    cancelled: asyncio.CancelledError | None = None
    for thread in threads:
        closing = thread.stop()
        while closing is not None and not closing.done():
            try:
                await asyncio.wait({closing})
            except asyncio.CancelledError as asked:
                cancelled = asked
    if cancelled is not None:
        raise cancelled


@functools.cache
def _compiling_once() -> tuple[Engine, Files]:
    """Return what makes SQL of statements, once for every file that this process opens.

    It holds no connection: each thread of `SqliteThread` gives it its own.
    """
    files = Files()
    engine = create_engine(
        "sqlite://",
        creator=files.of_this_thread,
        hide_parameters=True,
        json_deserializer=read_json,
        poolclass=NullPool,
    )
    event.listen(engine, "connect", _set_up)
    return engine, files


def _set_up(connection: Any, _entry: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous = FULL")  # An acknowledged job survives power loss.
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA secure_delete = ON")  # Deleted content does not stay in its page.
    cursor.execute(f"PRAGMA journal_size_limit = {WAL_KEPT_MAX_BYTES}")
    cursor.close()
