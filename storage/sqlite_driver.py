"""aiosqlite with one trip to its thread for each statement; as SQLAlchemy uses it, it makes four.

Every trip waits for the interpreter twice, and the busier the bot, the longer. Nothing else is
different: the same thread, the same order, the same errors.
"""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Self, TypeVar

import aiosqlite

BEGIN: Final = "BEGIN IMMEDIATE"
_CHUNK_ROWS: Final = 64
"""What aiosqlite wants to know for cursors of its own; none is made here."""

Result = TypeVar("Result")


@dataclass(slots=True)
class _Ran:
    """What a statement left: its rows, and what DB-API tells about them."""

    description: Any = None
    rowcount: int = -1
    lastrowid: int | None = None
    rows: Sequence[Any] = field(default=())


class WholeCursor:
    """A cursor that fetches while it executes; what SQLAlchemy asks of one, and no more."""

    arraysize = 1

    def __init__(self, driver: "Driver") -> None:
        self._driver = driver
        self._ran = _Ran()

    async def __aenter__(self) -> Self:
        return self

    @property
    def description(self) -> Any:
        """The columns, None for a statement without rows."""
        return self._ran.description

    @property
    def rowcount(self) -> int:
        """How many rows were written."""
        return self._ran.rowcount

    @property
    def lastrowid(self) -> int | None:
        """The row that was inserted last."""
        return self._ran.lastrowid

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> None:
        """Run the statement and bring all its rows."""
        if sql == BEGIN:
            self._driver.begin()
            return
        self._ran = await self._driver.run(lambda made: _whole(made.execute(sql, parameters)))

    async def executemany(self, sql: str, parameters: Iterable[Sequence[Any]]) -> None:
        """Run the statement once for each set of parameters."""
        self._ran = await self._driver.run(lambda made: _whole(made.executemany(sql, parameters)))

    async def fetchall(self) -> Sequence[Any]:
        """Return the rows, once."""
        rows, self._ran.rows = self._ran.rows, ()
        return rows

    async def close(self) -> None:
        """Nothing is open."""


class Driver(aiosqlite.Connection):
    """A connection for `create_async_engine(async_creator=…)`."""

    def __init__(self, path: str, *, timeout_s: float) -> None:
        super().__init__(lambda: sqlite3.connect(path, timeout=timeout_s), _CHUNK_ROWS)
        self._thread.daemon = True
        self._to_begin = False
        self._settled = True

    def cursor(self) -> Any:
        """Return a cursor that fetches while it executes."""
        return WholeCursor(self)

    def begin(self) -> None:
        """Begin a transaction that writes, on the way of its first statement."""
        self._to_begin = True

    async def run(self, step: Callable[[sqlite3.Connection], Result]) -> Result:
        """Do a step in the connection's thread, in the transaction that was to begin."""
        beginning, self._to_begin = self._to_begin, False

        def go() -> Result:
            if beginning:
                self._conn.execute(BEGIN)
            return step(self._conn)

        self._settled = False
        result: Result = await self._execute(go)  # type: ignore[no-untyped-call]  # aiosqlite's
        self._settled = True
        return result

    async def end(self) -> None:
        """Close once what was begun has run, whoever still holds the connection."""
        closing = self.stop() if self._connection is not None else None
        if closing is not None:
            await closing

    async def commit(self) -> None:
        """Commit, if anything was begun."""
        if self._to_begin:
            self._to_begin = False
        else:
            await super().commit()

    async def rollback(self) -> None:
        """Roll back, unless nothing is open for certain: a step given up on may yet begin."""
        self._to_begin = False
        if not self._settled or self.in_transaction:
            await super().rollback()
            self._settled = True


def _whole(cursor: sqlite3.Cursor) -> _Ran:
    try:
        rows = cursor.fetchall() if cursor.description else ()
        return _Ran(cursor.description, cursor.rowcount, cursor.lastrowid, rows)
    finally:
        cursor.close()
