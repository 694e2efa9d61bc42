"""SQLite: one thread that writes, a few that read, and who goes next."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from storage.connections import SQLITE, translated
from storage.sqlite_thread import Files, SqliteThread

BUSY_TIMEOUT_S: Final = 10.0
"""How long a write waits for another process, such as the operator's command line."""
READERS: Final = 4
WAL_KEPT_MAX_BYTES: Final = 64 * 1024 * 1024
"""A write-ahead log that grew with large inputs is cut back to this after a checkpoint."""

Result = TypeVar("Result")


class SqliteConnections:
    """Connections to one file, opened when they are first used.

    The writes of this process take turns in order of arrival, which is kinder than SQLite's busy
    handler, and each begins IMMEDIATE: it never has to turn from reader into writer. Urgent writes
    wait for the one that is under way and for the next, not for the whole line.
    """

    def __init__(self, path: str) -> None:
        self.dialect = SQLITE
        self._path = path
        self._files = Files()
        self._engine = create_engine(
            URL.create("sqlite", database=path),
            creator=self._files.of_this_thread,
            hide_parameters=True,
            poolclass=NullPool,
        )
        event.listen(self._engine, "connect", _set_up)
        self._writer: SqliteThread | None = None
        self._readers: list[SqliteThread] = []
        self._idle: list[SqliteThread] = []
        self._reads = asyncio.Semaphore(READERS)
        self._turn = asyncio.Lock()
        self._line = asyncio.Lock()

    async def read(self, work: Callable[[Connection], Result]) -> Result:
        """Return what `work` returns, as `Connections` promises."""
        with translated():
            async with self._reader() as reader:
                return await reader.read(work)

    async def write(self, work: Callable[[Connection], Result], *, urgent: bool = False) -> Result:
        """Return what `work` returns, as `Connections` promises."""
        async with contextlib.nullcontext() if urgent else self._line, self._turn:
            with translated():
                if self._writer is None:
                    self._writer = await self._opened()
                return await self._writer.write(work)

    async def close(self) -> None:
        """Close every connection, once what was begun has been done."""
        writers = [self._writer] if self._writer is not None else []
        for thread in (*writers, *self._readers):
            await thread.end()

    @contextlib.asynccontextmanager
    async def _reader(self) -> AsyncIterator[SqliteThread]:
        async with self._reads:
            if not self._idle:
                reader = await self._opened()
                self._readers.append(reader)
            else:
                reader = self._idle.pop()
            try:
                yield reader
            finally:
                self._idle.append(reader)

    async def _opened(self) -> SqliteThread:
        thread = SqliteThread(self._path, self._engine, self._files, timeout_s=BUSY_TIMEOUT_S)
        return await thread.open()


def _set_up(connection: Any, _entry: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous = FULL")  # an acknowledged job survives power loss
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA secure_delete = FAST")  # an emptied token is not left in its page
    cursor.execute(f"PRAGMA journal_size_limit = {WAL_KEPT_MAX_BYTES}")
    cursor.close()
