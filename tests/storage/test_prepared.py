"""A prepared statement says and does what SQLAlchemy would have it say and do."""

import gc
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from types import FunctionType, ModuleType
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
        prepared.rows(here, {"ids": [1], "above": 0})
        ours = [tuple(row) for row in prepared.rows(here, asked)]
        return ours, [tuple(row) for row in here.execute(OF_TWO_LISTS, asked)]

    ours, others = await connections.write(both)
    assert ours == others == [(4,), *((n,) for n in sorted(ids) if n > 1)]


@pytest.mark.parametrize("ids", [(), (3,), (5, 3), [1, 3, 5]])
async def test_a_list_is_any_sequence(connections: SqliteConnections, ids: Sequence[int]) -> None:
    """Of a tuple, too, every element is asked for, also by the call that compiles the statement."""
    prepared = Prepared(OF_TWO_LISTS)

    def ours(here: Connection) -> list[int]:
        ADD.write(here, GIVEN)
        return [row[0] for row in prepared.rows(here, {"ids": ids, "above": 0})]

    assert await connections.write(ours) == [4, *sorted(ids)]


async def test_a_row_without_a_column_takes_it_from_no_other(
    connections: SqliteConnections,
) -> None:
    """A name that a later call lacks is an error, never the value of an earlier one."""
    adding = Prepared(insert(THINGS))
    await connections.write(lambda here: adding.write(here, GIVEN[1:2]))
    lacking = {"id": 7, "old": True}
    with pytest.raises(KeyError, match="facts"):
        await connections.write(lambda here: adding.write(here, [lacking]))
    found = await connections.read(lambda here: here.execute(select(THINGS.c.id)).all())
    assert [tuple(row) for row in found] == [(1,)]


async def test_nothing_that_was_given_stays(connections: SqliteConnections) -> None:
    """Once a call is over, none of its values can be reached from the statement."""
    adding, asking = Prepared(insert(THINGS)), Prepared(OF_TWO_LISTS)
    row = {"id": 612_345_678, "facts": {"prompt": "of the first"}}
    asked = {"ids": [612_345_679], "above": 612_345_670}
    given = {612_345_678, 612_345_679, 612_345_670, "of the first"}

    def both(here: Connection) -> None:
        adding.write(here, [row])
        asking.rows(here, asked)

    await connections.write(both)
    assert not given.intersection(reachable(adding, asking))


def reachable(*roots: object) -> Iterator[object]:
    """Return the texts and numbers that these hold on to, not through types or functions."""
    seen: set[int] = set()
    found = [*roots]
    while found:
        one = found.pop()
        if id(one) in seen or isinstance(one, type | ModuleType | FunctionType):
            continue
        seen.add(id(one))
        if isinstance(one, str | int):
            yield one
        found += gc.get_referents(one)


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
