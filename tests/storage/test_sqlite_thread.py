"""One thread that writes and a few that read: what is given is done whole, in its turn."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from storage.errors import StorageUnavailable
from storage.sqlite_connections import READERS, SqliteConnections


@pytest.fixture
async def connections(tmp_path: Path) -> AsyncIterator[SqliteConnections]:
    connections = SqliteConnections(str(tmp_path / "file.db"))
    await connections.read(lambda here: here.exec_driver_sql("PRAGMA journal_mode = WAL").close())
    await connections.write(_made)
    yield connections
    await connections.close()


def _made(here: Connection) -> None:
    here.execute(text("CREATE TABLE numbers (number INTEGER UNIQUE)"))


def _add(here: Connection, *numbers: int) -> None:
    for number in numbers:
        here.execute(text("INSERT INTO numbers VALUES (:number)"), {"number": number})


def _numbers(here: Connection) -> list[int]:
    return list(here.scalars(text("SELECT number FROM numbers ORDER BY number")))


class Gate:
    """Work that waits in its thread until it is let go."""

    def __init__(self, number: int) -> None:
        self._loop = asyncio.get_running_loop()
        self._number = number
        self._open = threading.Event()
        self.reached = asyncio.Event()

    def __call__(self, here: Connection) -> None:
        self._loop.call_soon_threadsafe(self.reached.set)
        self._open.wait()
        _add(here, self._number)

    def let_go(self) -> None:
        self._open.set()


async def _one_reads_and_one_opens(
    connections: SqliteConnections, gate: Gate
) -> tuple["asyncio.Task[None]", "asyncio.Task[list[int]]"]:
    """Return a read that is at the gate, and one that begins to open a connection of its own."""
    reading = asyncio.create_task(connections.read(gate))
    await gate.reached.wait()
    opening = asyncio.create_task(connections.read(_numbers))
    await asyncio.sleep(0)
    return reading, opening


async def test_what_raises_leaves_nothing(connections: SqliteConnections) -> None:
    """A write is whole or not at all, and its error comes out of it; the next one is served."""
    with pytest.raises(IntegrityError):
        await connections.write(lambda here: _add(here, 1, 2, 1))
    assert await connections.read(_numbers) == []
    await connections.write(lambda here: _add(here, 1))
    assert await connections.read(_numbers) == [1]


async def test_a_write_that_was_given_up_is_whole(connections: SqliteConnections) -> None:
    """A cancelled write leaves nothing open, and delays no later one."""
    gate = Gate(1)
    writing = asyncio.create_task(connections.write(gate))
    await gate.reached.wait()
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    after = asyncio.create_task(connections.write(lambda here: _add(here, 2)))
    gate.let_go()
    await after
    assert await connections.read(_numbers) == [1, 2]


async def test_who_is_waited_for_overtakes_the_line(connections: SqliteConnections) -> None:
    """An urgent write waits for the one under way and one more, not for the whole line."""
    gate = Gate(0)
    order: list[str] = []

    async def write(name: str, *, urgent: bool) -> None:
        await connections.write(lambda _: order.append(name), urgent=urgent)

    first = asyncio.create_task(connections.write(gate))
    await gate.reached.wait()
    line = [asyncio.create_task(write(f"plain {n}", urgent=False)) for n in range(3)]
    await asyncio.sleep(0)
    urgent = asyncio.create_task(write("urgent", urgent=True))
    await asyncio.sleep(0)
    gate.let_go()
    await asyncio.gather(first, *line, urgent)
    assert order == ["urgent", "plain 0", "plain 1", "plain 2"]


async def test_reads_wait_for_no_write(connections: SqliteConnections) -> None:
    """While a write is under way everybody reads what was committed before it."""
    await connections.write(lambda here: _add(here, 1))
    gate = Gate(2)
    writing = asyncio.create_task(connections.write(gate))
    await gate.reached.wait()
    many = [connections.read(_numbers) for _ in range(3 * READERS)]
    assert await asyncio.gather(*many) == [[1]] * (3 * READERS)
    gate.let_go()
    await writing
    assert await connections.read(_numbers) == [1, 2]


async def test_closing_does_what_was_begun(connections: SqliteConnections, tmp_path: Path) -> None:
    """A write whose caller is gone is committed before the database closes."""
    gate = Gate(1)
    writing = asyncio.create_task(connections.write(gate))
    await gate.reached.wait()
    writing.cancel()
    closing = asyncio.create_task(connections.close())
    gate.let_go()
    await closing
    again = SqliteConnections(str(tmp_path / "file.db"))
    assert await again.read(_numbers) == [1]
    await again.close()


async def test_closing_ends_also_when_it_is_cancelled(
    connections: SqliteConnections, tmp_path: Path
) -> None:
    """Cancelled in whichever of its waits, it ends when all is closed, and then says so."""
    gate = Gate(1)
    writing = asyncio.create_task(connections.write(gate))
    await gate.reached.wait()
    closing = asyncio.create_task(connections.close())
    for _ in range(3):
        await asyncio.sleep(0)
        closing.cancel()
    await asyncio.sleep(0)
    assert not closing.done()
    gate.let_go()
    await asyncio.wait({closing})
    assert closing.cancelled()
    await writing
    assert not (tmp_path / "file.db-wal").exists(), "the last connection takes the log with it"


async def test_who_stops_waiting_for_a_connection_leaves_none_open(
    connections: SqliteConnections, tmp_path: Path
) -> None:
    """A read that is cancelled while it connects has its connection closed, and hurts no other."""
    gate = Gate(1)
    reading, opening = await _one_reads_and_one_opens(connections, gate)
    opening.cancel()
    await asyncio.wait({opening})
    gate.let_go()
    await reading
    assert await connections.read(_numbers) == [1]
    before = threading.active_count()
    await connections.close()
    assert threading.active_count() < before
    assert not (tmp_path / "file.db-wal").exists()


async def test_after_closing_the_store_says_so(connections: SqliteConnections) -> None:
    """Whoever comes too late is told what every user of the store knows, not the driver's error."""
    await connections.read(_numbers)
    await connections.close()
    for late in (connections.read(_numbers), connections.write(partial(_add))):
        with pytest.raises(StorageUnavailable) as refusal:
            await late
        assert refusal.value.reason == "closed"


async def test_a_connection_that_opens_while_the_store_closes_is_closed(
    connections: SqliteConnections,
) -> None:
    """A read that needs one more is told that the store is closed, and leaves none open."""
    gate = Gate(1)
    reading, opening = await _one_reads_and_one_opens(connections, gate)
    gate.let_go()
    await connections.close()
    with pytest.raises(StorageUnavailable) as refusal:
        await opening
    assert refusal.value.reason == "closed"
    await reading


async def test_a_write_that_waits_for_another_process_ends_with_its_caller(
    connections: SqliteConnections, tmp_path: Path
) -> None:
    """Whoever stops waiting for the lock has written nothing, now or later; the next is served."""
    with closing(sqlite3.connect(tmp_path / "file.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        for urgent in (False, True):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await connections.write(lambda here: _add(here, 1), urgent=urgent)
        waiting = asyncio.create_task(connections.write(lambda here: _add(here, 2)))
        assert await connections.read(_numbers) == []
        other.execute("ROLLBACK")
        await waiting
    assert await connections.read(_numbers) == [2]


async def test_closing_does_not_wait_for_another_process(
    connections: SqliteConnections, tmp_path: Path
) -> None:
    """A write under way is told that the file is held, and all is closed."""
    with closing(sqlite3.connect(tmp_path / "file.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        waiting = asyncio.create_task(connections.write(lambda here: _add(here, 1)))
        assert await connections.read(_numbers) == []
        await connections.close()
        with pytest.raises(StorageUnavailable):
            await waiting
