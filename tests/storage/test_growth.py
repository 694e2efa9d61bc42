"""However many jobs have ended: what the loop asks of the database stays as short as it was."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event

from storage.engine import open_database
from storage.postgresql_connections import PostgresqlConnections
from storage.sqlite_connections import SqliteConnections
from storage.store import JobStore
from tests.harness.storage.making import NOW
from tests.harness.storage.tour import KEPT_S, fill, tour
from tests.harness.storage.upgrading import NEXT

pytestmark = pytest.mark.sweep

FEW = 600
MANY = 4_000
LONGER_MAX = 1.2
"""Rounding in SQLite's own work on an index that has more pages."""
TOUCHED_MAX = 250
"""Rows that one part of a plan may look at: the last 200 jobs tell how long a model takes."""
STATEMENTS_MIN = 50
OF_JOBS = frozenset({"jobs", "deliveries", "inputs", "lineage"})


class Counting:
    """Every statement in order, with the steps of SQLite's machine that it took."""

    def __init__(self, connections: SqliteConnections) -> None:
        self.statements: list[str] = []
        self.steps: list[int] = []
        event.listen(connections._engine, "before_cursor_execute", self._begin)

    def _begin(
        self,
        connection: Connection,
        _cursor: Any,
        statement: str,
        _parameters: Any,
        _context: Any,
        _many: bool,  # noqa: FBT001 - as SQLAlchemy calls it
    ) -> None:
        number = len(self.steps)
        self.statements.append(statement)
        self.steps.append(0)

        def step() -> int:
            self.steps[number] += 1
            return 0

        driver: Any = connection.connection.dbapi_connection
        driver.set_progress_handler(step, 1)


async def _counted(place: Path, ended: int) -> Counting:
    async with open_database(f"sqlite:///{place / str(ended)}.db", owner="bot") as database:
        await fill(database.jobs, ended)
        connections = database.jobs._connections
        assert isinstance(connections, SqliteConnections)
        counting = Counting(connections)
        await tour(database.jobs)
    return counting


async def test_no_statement_takes_longer_where_more_has_ended(tmp_path: Path) -> None:
    """With ten times the ended jobs, SQLite takes the same steps for everything the bot asks."""
    few, many = await _counted(tmp_path, FEW), await _counted(tmp_path, MANY)
    assert few.statements == many.statements
    longer = {
        statement: (before, after)
        for statement, before, after in zip(few.statements, few.steps, many.steps, strict=True)
        if after > LONGER_MAX * before
    }
    assert longer == {}


@pytest.fixture(params=["grown", "upgraded"])
async def grown(postgres_url: str, request: pytest.FixtureRequest) -> AsyncIterator[JobStore]:
    """A database that has grown and is kept tidy, or whose schema has just been changed."""
    async with open_database(postgres_url, owner="bot") as database:
        await fill(database.jobs, MANY)
        if request.param == "grown":
            await database.jobs.purge(now=NOW, inputs_older_s=KEPT_S, jobs_older_s=KEPT_S)
            yield database.jobs
    if request.param == "upgraded":
        async with open_database(postgres_url, owner="bot", migrations=NEXT) as database:
            yield database.jobs


async def test_no_plan_walks_through_what_has_ended(grown: JobStore) -> None:
    """Among thousands of ended jobs no part of a plan of PostgreSQL's looks at many."""
    connections = grown._connections
    assert isinstance(connections, PostgresqlConnections)
    asked: dict[str, tuple[Any, ...]] = {}

    def hear(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        one = values[0] if values and isinstance(values, list) else values
        asked.setdefault(statement, tuple(one))

    engine = connections._engine.sync_engine
    event.listen(engine, "before_cursor_execute", hear)
    await tour(grown)
    event.remove(engine, "before_cursor_execute", hear)
    walks: list[tuple[str, str]] = []

    def explain(here: Connection) -> None:
        for statement, values in asked.items():
            if _is_planned(statement):
                walks.extend((walk, statement) for walk in _walks(_plan(here, statement, values)))
        raise _Undo

    with pytest.raises(_Undo):
        await connections.write(explain)
    assert len(asked) > STATEMENTS_MIN
    assert walks == []


class _Undo(Exception):
    pass


def _is_planned(statement: str) -> bool:
    """Rows that are given in full are not searched for."""
    return statement.lstrip().startswith(("SELECT", "UPDATE", "DELETE", "WITH")) or (
        statement.startswith("INSERT") and "SELECT" in statement
    )


def _plan(here: Connection, statement: str, values: tuple[Any, ...]) -> Any:
    with here.begin_nested() as undone:
        here.exec_driver_sql("DELETE FROM lineage")  # what is inserted again is not there yet
        here.exec_driver_sql(f"PREPARE asked AS {statement}")
        given = f"({', '.join(map(_literal, values))})" if values else ""
        told = here.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE asked{given}")
        found = told.scalar_one()
        here.exec_driver_sql("DEALLOCATE asked")
        undone.rollback()
    return (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]


def _literal(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, bytes):
        return f"'\\x{value.hex()}'::bytea"
    return str(value)


def _walks(node: dict[str, Any]) -> list[str]:
    """The parts of a plan that look at many rows of the tables that grow."""
    found: list[str] = []
    if node.get("Relation Name") in OF_JOBS or "Index Name" in node:
        touched = node["Actual Loops"] * (
            node["Actual Rows"]
            + node.get("Rows Removed by Filter", 0)
            + node.get("Rows Removed by Index Recheck", 0)
        )
        if touched > TOUCHED_MAX:
            what = node.get("Index Name", node.get("Relation Name"))
            found.append(f"{node['Node Type']} of {what}: {touched} rows")
    for below in node.get("Plans", ()):
        found += _walks(below)
    return found
