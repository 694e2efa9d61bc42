"""A prepared statement says and does what SQLAlchemy would have it say and do."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    Integer,
    MetaData,
    Table,
    bindparam,
    event,
    insert,
    select,
    union_all,
)
from sqlalchemy.exc import IntegrityError

from storage.prepared import Prepared
from storage.sqlite_connections import SqliteConnections

THINGS = Table(
    "things",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("facts", JSON(none_as_null=True)),
    Column("old", Boolean),
)
ADD = Prepared(insert(THINGS))
OF_TWO_LISTS = union_all(
    select(THINGS.c.id).where(THINGS.c.id.in_([2, 4]), THINGS.c.old.is_(True)),
    select(THINGS.c.id).where(
        THINGS.c.id.in_(bindparam("ids", expanding=True)), THINGS.c.id > bindparam("above")
    ),
)
GIVEN = [{"id": n, "facts": ({"n": n}, [n, n], None)[n % 3], "old": n > 3} for n in range(6)]


@pytest.fixture
async def connections(tmp_path: Path) -> AsyncIterator[SqliteConnections]:
    connections = SqliteConnections(str(tmp_path / "file.db"))
    await connections.write(THINGS.create)
    yield connections
    await connections.close()


async def test_what_is_written_is_read_by_sqlalchemy(connections: SqliteConnections) -> None:
    """JSON and booleans are stored in the form in which SQLAlchemy stores and reads them."""
    await connections.write(lambda here: ADD.write(here, GIVEN))
    found = await connections.read(lambda here: here.execute(select(THINGS)).mappings().all())
    assert [dict(row) for row in found] == GIVEN


@pytest.mark.parametrize("ids", [[], [3], [5], [1, 3], [3, 5, 1]])
async def test_lists_of_any_length(connections: SqliteConnections, ids: list[int]) -> None:
    """Lists of the statement's own and given ones select what they name, one after the other."""
    asked = {"ids": ids, "above": 1}
    prepared = Prepared(OF_TWO_LISTS)

    def both(here: Connection) -> tuple[list[Any], list[Any]]:
        ADD.write(here, GIVEN)
        prepared.rows(here, {"ids": [1], "above": 0})  # what it was compiled with is not kept
        ours = [tuple(row) for row in prepared.rows(here, asked)]
        return ours, [tuple(row) for row in here.execute(OF_TWO_LISTS, asked)]

    ours, others = await connections.write(both)
    assert ours == others == [(4,), *((n,) for n in sorted(ids) if n > 1)]


async def test_a_conflict_is_sqlalchemys_and_undoes_all(connections: SqliteConnections) -> None:
    """A row that is there twice raises `IntegrityError`, and none of the rows stays."""
    with pytest.raises(IntegrityError):
        await connections.write(lambda here: ADD.write(here, [GIVEN[0], GIVEN[1], GIVEN[0]]))
    assert await connections.read(lambda here: here.execute(select(THINGS)).all()) == []


async def test_who_listens_to_statements_hears_it(connections: SqliteConnections) -> None:
    """Each is announced once before and once after it ran, as SQLAlchemy's own are."""
    heard: list[tuple[str, str, bool]] = []
    for name in ("before_cursor_execute", "after_cursor_execute"):
        event.listen(
            connections._engine,
            name,
            lambda *about, name=name: heard.append((name[:6], about[2].split()[0], about[-1])),
        )
    await connections.write(lambda here: ADD.write(here, GIVEN))
    await connections.read(lambda here: Prepared(OF_TWO_LISTS).rows(here, {"ids": [1], "above": 0}))
    assert heard == [
        ("before", "INSERT", True),
        ("after_", "INSERT", True),
        ("before", "SELECT", False),
        ("after_", "SELECT", False),
    ]
