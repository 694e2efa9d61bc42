"""The driver that makes one trip to SQLite's thread for each statement."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.sqlite_driver import BEGIN, Driver


@pytest.fixture
async def driver(tmp_path: Path) -> AsyncIterator[Driver]:
    path = tmp_path / "file.db"
    with sqlite3.connect(path) as made:
        made.execute("CREATE TABLE numbers (number INTEGER UNIQUE)")
    made.close()
    driver = Driver(str(path), timeout_s=0.0)
    await driver.__aenter__()
    await driver.run(lambda here: setattr(here, "isolation_level", None))
    yield driver
    await driver.close()


def _is_open(driver: Driver) -> bool:
    return driver.in_transaction


async def _numbers(driver: Driver) -> list[int]:
    cursor = driver.cursor()
    await cursor.execute("SELECT number FROM numbers ORDER BY number")
    return [number for (number,) in await cursor.fetchall()]


async def test_a_transaction_begins_with_its_first_statement(driver: Driver) -> None:
    """After BEGIN nothing is locked until a statement comes; then rollback undoes it."""
    cursor = driver.cursor()
    await cursor.execute(BEGIN)
    assert not _is_open(driver)
    await cursor.execute("INSERT INTO numbers VALUES (?)", (1,))
    assert _is_open(driver)
    assert cursor.rowcount == 1
    await driver.rollback()
    assert await _numbers(driver) == []


async def test_a_transaction_without_statements_is_nothing(driver: Driver) -> None:
    """BEGIN and COMMIT, or ROLLBACK, with nothing between leave the next statement alone."""
    cursor = driver.cursor()
    for end in (driver.commit, driver.rollback):
        await cursor.execute(BEGIN)
        await end()
        await cursor.execute("SELECT 1")
        assert not _is_open(driver)


async def test_a_failed_statement_can_be_rolled_back(driver: Driver) -> None:
    """An error comes out of the statement that made it, and what went before can be undone."""
    cursor = driver.cursor()
    await cursor.execute(BEGIN)
    await cursor.executemany("INSERT INTO numbers VALUES (?)", [(1,), (2,)])
    with pytest.raises(sqlite3.IntegrityError):
        await cursor.execute("INSERT INTO numbers VALUES (?)", (1,))
    await driver.rollback()
    assert not _is_open(driver)
    assert await _numbers(driver) == []


async def test_a_statement_that_was_given_up_is_rolled_back(driver: Driver) -> None:
    """A caller that is cancelled while its first statement is on its way leaves nothing open."""
    cursor = driver.cursor()
    await cursor.execute(BEGIN)
    inserting = asyncio.create_task(cursor.execute("INSERT INTO numbers VALUES (1)"))
    await asyncio.sleep(0)
    inserting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await inserting
    await driver.rollback()
    assert not _is_open(driver)
    assert await _numbers(driver) == []
