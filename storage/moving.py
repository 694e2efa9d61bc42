"""Rows as they are carried from one database to another, and what each side says of the move.

The target says where rows come from until it has all of them; the source, from before then on,
where they went. So never both can be started, whenever the move is cut short.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    Column,
    Connection,
    Double,
    Table,
    delete,
    func,
    insert,
    select,
    text,
    tuple_,
)

from storage.access import Access
from storage.connections import POSTGRESQL
from storage.errors import StorageUnavailable
from storage.metadata import metadata
from storage.schema import call_shares, facts, inputs, roles, schema_version
from storage.statements import insert_into

FROM_FACT: Final = "moving_from"
"""In the target, until it has every row: the move's id."""
TO_FACT: Final = "moved_to"
"""In the source, once the target has every row: where that is, without user and password."""
BY_RESTORE: Final = "restore"
"""In place of the move's id: a copy was loaded, and is not marked yet (`storage.restoring`). So
that programs of before know it, it is the same fact."""
ID_FACT: Final = "move_id"
"""In the source: tells a move that was begun from one of another file."""
PROGRESS: Final = "moving:"
"""In the target, before the name of a table: the key of the last row that has arrived."""
OF_THE_MOVE: Final = (FROM_FACT, TO_FACT, ID_FACT)
ROWS_AT_ONCE: Final = 500
DIGEST_BITS: Final = 128
NUL, NO_NUL = "\0", "\N{REPLACEMENT CHARACTER}"
"""PostgreSQL stores no NUL in a text (its documentation, 8.3)."""

Key = list[Any]


@dataclass(frozen=True, slots=True)
class Content:
    """What a table holds."""

    rows: int
    digest: int
    """Of all rows whatever their order: each one's, added up."""


def tables() -> list[Table]:
    """Return the tables whose rows are carried.

    All but the facts, which each side has too, and what running processes lease.
    """
    here = {facts, schema_version, roles, call_shares}
    return [table for table in metadata.sorted_tables if table not in here]


class Moving(Access):
    """The part of the store that hands its rows over, or takes those of another database."""

    async def refuse_if_moved(self) -> None:
        """Raise `StorageUnavailable` if the jobs are elsewhere, or not all here yet."""
        said = await self._connections.read(_facts_of_the_move)
        if said.get(FROM_FACT) == BY_RESTORE:
            raise StorageUnavailable("half_restored", "a copy was loaded into it, and not marked")
        if FROM_FACT in said:
            raise StorageUnavailable("half_moved", "a move into this database has not ended")
        if TO_FACT in said:
            raise StorageUnavailable("moved", f"its jobs were moved to {said[TO_FACT]}")

    async def facts_of_the_move(self) -> dict[str, str]:
        """Return what is noted about a move, by its fact."""
        return await self._connections.read(_facts_of_the_move)

    async def is_empty(self) -> bool:
        """Tell whether there is no row in any table."""

        def look(here: Connection) -> bool:
            return all(
                here.execute(select(text("1")).select_from(table).limit(1)).first() is None
                for table in (*tables(), facts)
            )

        return await self._connections.read(look)

    async def rows_after(self, table: Table, key: Key | None) -> Sequence[Mapping[str, Any]]:
        """Return the next rows of a table in this database's order of its key; none: all read."""
        asked = select(table).order_by(*_key(table)).limit(1 if table is inputs else ROWS_AT_ONCE)
        if key is not None:
            asked = asked.where(tuple_(*_key(table)) > tuple_(*key))
        try:
            return await self._connections.read(
                lambda here: [dict(row) for row in here.execute(asked).mappings()]
            )
        except ValueError as wrong:
            where = f"{table.name}: a row after {key or 'the beginning'} cannot be read"
            raise StorageUnavailable("corrupt", where) from wrong

    async def take_rows(self, table: Table, given: Sequence[Mapping[str, Any]]) -> None:
        """Store rows as they are, and how far the table has come, at once."""
        last = json.dumps(key_of(table, given[-1]))

        def write(here: Connection) -> None:
            here.execute(insert(table), [_storable(row) for row in given]).close()
            _note(here, PROGRESS + table.name, last)

        await self._connections.write(write)

    async def arrived(self, table: Table) -> Key | None:
        """Return the key of the last row of the table that was taken."""
        asked = select(facts.c.value).where(facts.c.key == PROGRESS + table.name)
        found = await self._connections.read(lambda here: here.execute(asked).scalar_one_or_none())
        return None if found is None else list(json.loads(found))

    async def take_facts(self, given: Mapping[str, str]) -> None:
        """Store the other database's facts."""

        def write(here: Connection) -> None:
            for key, value in given.items():
                _note(here, key, value)

        await self._connections.write(write)

    async def facts_to_hand_over(self) -> dict[str, str]:
        """Return all facts but those of the move, as PostgreSQL stores them."""
        asked = select(facts.c.key, facts.c.value).where(
            facts.c.key.not_in(OF_THE_MOVE), ~facts.c.key.startswith(PROGRESS, autoescape=True)
        )

        def read(here: Connection) -> dict[str, str]:
            return {row.key: row.value.replace(NUL, NO_NUL) for row in here.execute(asked)}

        return await self._connections.read(read)

    async def content(self, table: Table) -> Content:
        """Return what a table holds, reading every row."""
        count = digest = 0
        key: Key | None = None
        while rows := await self.rows_after(table, key):
            key = key_of(table, rows[-1])
            count += len(rows)
            digest += sum(_digest(table, row) for row in rows)
        return Content(count, digest % (1 << DIGEST_BITS))

    async def count_on(self) -> None:
        """Let numbered tables go on after the highest number that was taken."""

        def write(here: Connection) -> None:
            for table in tables():
                column = table.autoincrement_column
                if column is None:
                    continue
                highest = here.execute(select(func.max(column))).scalar_one()
                if highest is not None:
                    sequence = func.pg_get_serial_sequence(table.name, column.name)
                    here.execute(select(func.setval(sequence, highest))).close()

        if self._connections.dialect == POSTGRESQL:
            await self._connections.write(write)

    async def forget_the_move(self) -> None:
        """Let this database be started: it has everything."""
        ours = facts.c.key.startswith(PROGRESS, autoescape=True) | (facts.c.key == FROM_FACT)
        await self._connections.write(lambda here: here.execute(delete(facts).where(ours)).close())
        await self._connections.tidy()


def key_of(table: Table, row: Mapping[str, Any]) -> Key:
    """Return a row's primary key, in the order of its columns."""
    return [row[column.name] for column in _key(table)]


def _facts_of_the_move(here: Connection) -> dict[str, str]:
    asked = select(facts.c.key, facts.c.value).where(facts.c.key.in_(OF_THE_MOVE))
    return {row.key: row.value for row in here.execute(asked)}


def _note(here: Connection, key: str, value: str) -> None:
    noting = insert_into(here.dialect.name, facts).values(key=key, value=value)
    noting = noting.on_conflict_do_update(index_elements=["key"], set_={"value": value})
    here.execute(noting).close()


def _key(table: Table) -> Sequence[Column[Any]]:
    return list(table.primary_key.columns)


def _storable(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _without_nul(value) for name, value in row.items()}


def _without_nul(value: object) -> object:
    return value.replace(NUL, NO_NUL) if isinstance(value, str) else value


def _digest(table: Table, row: Mapping[str, Any]) -> int:
    """Return what tells this row from any other, the same from either database."""
    told = hashlib.blake2b(digest_size=DIGEST_BITS // 8)
    for column in table.columns:
        for part in _spelt(row[column.name], real=isinstance(column.type, Double)):
            told.update(len(part).to_bytes(8, "big"))
            told.update(part)
    return int.from_bytes(told.digest(), "big")


def _spelt(value: Any, *, real: bool) -> tuple[bytes, bytes]:
    if value is None:
        return b"-", b""
    if isinstance(value, str):
        return b"s", str(_without_nul(value)).encode()
    if isinstance(value, bytes | bytearray | memoryview):
        return b"b", bytes(value)
    if isinstance(value, dict | list):
        return b"j", json.dumps(value, sort_keys=True).encode()
    return (b"r", float(value).hex().encode()) if real else (b"n", str(int(value)).encode())
