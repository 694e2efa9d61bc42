"""A move of everything from a SQLite file to a PostgreSQL server, while no bot runs on either.

It may be cut short anywhere and run again: it goes on where it stopped. See `storage.moving`.
"""

import secrets
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import Table

from storage.address import DatabaseAddress, PostgresqlAddress, SqliteAddress, parse_address
from storage.engine import open_database
from storage.errors import StorageUnavailable
from storage.moving import FROM_FACT, ID_FACT, TO_FACT, key_of, tables
from storage.own_thread import in_own_thread
from storage.restore import refuse_if_in_use
from storage.sqlite_file import version_of
from storage.store import JobStore


class Report(Protocol):
    """Told how far the move has come."""

    def __call__(self, table: str, rows: int, *, ended: bool) -> None:
        """So many rows of the table were carried in this run, perhaps all that were left."""
        ...


@dataclass(frozen=True, slots=True)
class Moved:
    """What the target holds now, proven equal to the source: rows by table."""

    rows: dict[str, int]
    to: str
    """Its address without user and password."""


async def move_database(
    source: str, target: str, *, owner: str, now: float, report: Report
) -> Moved:
    """Carry every row of the SQLite file to the server, compare both, and retire the file.

    Raises `StorageUnavailable`: `held` if a bot uses one of them, `not_empty` for a target that
    holds something else, `differs` if a row did not arrive as it was. Then the file goes on as
    before, and the target can't be started.
    """
    here, there = _checked(source, target)
    if await in_own_thread(lambda: version_of(here.path)) is None:
        raise StorageUnavailable("cannot_open", f"{here.path} contains no database yet")
    await refuse_if_in_use(there, now=now)
    async with (
        open_database(source, owner=owner, moving=True) as old,
        open_database(target, owner=owner, moving=True) as new,
    ):
        await _begin(old.jobs, new.jobs, there.shown)
        for table in tables():
            await _carry(table, old.jobs, new.jobs, report)
        await new.jobs.count_on()
        rows = {table.name: await _compared(table, old.jobs, new.jobs) for table in tables()}
        noted = await old.jobs.facts_to_hand_over()
        await new.jobs.take_facts(noted)
        if await new.jobs.facts_to_hand_over() != noted:
            raise StorageUnavailable("differs", "facts: the server has others than the file")
        await old.jobs.set_fact(TO_FACT, there.shown)
        await new.jobs.forget_the_move()
    return Moved(rows, there.shown)


def _checked(source: str, target: str) -> tuple[SqliteAddress, PostgresqlAddress]:
    here, there = _parsed("from", source), _parsed("to", target)
    if not isinstance(here, SqliteAddress):
        raise StorageUnavailable("cannot_open", "--from must be sqlite:///PATH")
    if not isinstance(there, PostgresqlAddress):
        raise StorageUnavailable("cannot_open", "--to must be postgresql://USER:PASSWORD@HOST/NAME")
    return here, there


def _parsed(option: str, url: str) -> DatabaseAddress:
    try:
        return parse_address(url)
    except ValueError as wrong:
        raise StorageUnavailable("cannot_open", f"--{option} {wrong}") from None


async def _begin(old: JobStore, new: JobStore, shown: str) -> None:
    noted, said = await old.facts_of_the_move(), await new.facts_of_the_move()
    move = noted.get(ID_FACT) or secrets.token_hex(8)
    if FROM_FACT in said:
        if said[FROM_FACT] != move:
            raise StorageUnavailable("not_empty", f"{shown} holds a part of another database")
        return
    if TO_FACT in noted:
        raise StorageUnavailable("moved", f"its jobs were moved to {noted[TO_FACT]}")
    if not await new.is_empty():
        raise StorageUnavailable("not_empty", f"{shown} holds something already")
    await old.set_fact(ID_FACT, move)
    await new.set_fact(FROM_FACT, move)


async def _carry(table: Table, old: JobStore, new: JobStore, report: Report) -> None:
    key = await new.arrived(table)
    arrived = 0
    while rows := await old.rows_after(table, key):
        await new.take_rows(table, rows)
        key = key_of(table, rows[-1])
        arrived += len(rows)
        report(table.name, arrived, ended=False)
    report(table.name, arrived, ended=True)


async def _compared(table: Table, old: JobStore, new: JobStore) -> int:
    before, after = await old.content(table), await new.content(table)
    if before != after:
        raise StorageUnavailable(
            "differs",
            f"{table.name}: {before.rows} rows in the file, {after.rows} on the server, and their "
            "contents are not the same",
        )
    return after.rows
