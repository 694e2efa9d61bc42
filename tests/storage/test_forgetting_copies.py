"""What is forgotten is gone from the copies too, in every table that there is."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    Integer,
    LargeBinary,
    Table,
    create_engine,
    insert,
    select,
)

from storage.migrations import MIGRATIONS, migrate
from storage.schema import metadata
from storage.sqlite_copies import (
    OF_MEMBER,
    OF_SERVER,
    forget_member_in_copies,
    forget_server_in_copies,
)
from storage.sqlite_file import backup_of

MEMBER, SERVER = 7_111_222_333, 7_444_555_666
JOB = "a" * 16
KEPT = {"blocks", "budgets", "guilds"}
"""Where an id stays: what operators decided is to outlive the data, and a server is left by its own
rule."""


def _value(table: Table, column: Column[Any], scope: str) -> Any:
    """Return a value of the column's type: the member or the server wherever it may be one."""
    named = {
        "user_id": MEMBER,
        "member_id": MEMBER,
        "again_by": MEMBER,
        "guild_id": SERVER,
        "scope": scope,
        "scope_id": MEMBER if scope == "member" else SERVER,
        "job_id": JOB,
        "state": "done",
    }
    if table.name == "settings":
        named["id"] = named["scope_id"]
        named["guild_id"] = 0 if scope == "member" else SERVER
    if column.name in named:
        return named[column.name]
    if table.name == "jobs" and column.name == "id":
        return JOB
    if isinstance(column.type, Boolean):
        return False
    if isinstance(column.type, BigInteger | Integer | Double):
        return 1
    return b"x" if isinstance(column.type, LargeBinary) else "x"


@pytest.fixture
def place(sqlite_path: Path) -> Path:
    """The path of a database that is not there; its copies may be."""
    sqlite_path.parent.mkdir(exist_ok=True)
    return sqlite_path


@pytest.fixture
def full(place: Path) -> Path:
    """A database with a copy of the newest schema, in which each table has rows of both."""
    engine = create_engine(f"sqlite:///{backup_of(place, len(MIGRATIONS))}")
    with engine.begin() as here:
        migrate(here)
        for table in metadata.sorted_tables:
            for scope in ("member", "server") if "scope" in table.c else ("",):
                if table.name == "schema_version":
                    continue
                row = {column.name: _value(table, column, scope) for column in table.columns}
                here.execute(insert(table).values(row))
    engine.dispose()
    return place


def _tables_with(database: Path, whose: int) -> set[str]:
    """Return the tables of the copy that hold this id anywhere."""
    engine = create_engine(f"sqlite:///{backup_of(database, len(MIGRATIONS))}")
    with engine.connect() as here:
        found = {
            table.name
            for table in metadata.sorted_tables
            if any(whose in tuple(row) for row in here.execute(select(table)))
        }
    engine.dispose()
    return found


def test_every_table_is_thought_of() -> None:
    """A new table is named where copies are forgotten, even if it holds nothing of anybody."""
    assert set(OF_MEMBER) == set(metadata.tables)
    assert set(OF_SERVER) == set(metadata.tables)


def test_no_table_of_a_copy_keeps_a_member(full: Path) -> None:
    """Their id is nowhere, except in a block."""
    assert "jobs" in _tables_with(full, MEMBER)
    forget_member_in_copies(full, MEMBER)
    assert _tables_with(full, MEMBER) <= KEPT


def test_no_table_of_a_copy_keeps_a_server(full: Path) -> None:
    """Its id is nowhere, except in what operators decided and in the list of servers."""
    assert "jobs" in _tables_with(full, SERVER)
    forget_server_in_copies(full, SERVER)
    assert _tables_with(full, SERVER) <= KEPT


def test_a_copy_of_an_older_version_lacks_tables_and_columns(place: Path) -> None:
    """What it does not have needs no forgetting."""
    copy = backup_of(place, 1)
    with closing(sqlite3.connect(copy)) as old:
        old.executescript(
            "CREATE TABLE jobs (id TEXT, user_id INT, guild_id INT, parent_id TEXT);"
            "CREATE TABLE deliveries (job_id TEXT);"
        )
        old.execute("INSERT INTO jobs VALUES ('a', ?, ?, NULL)", (MEMBER, SERVER))
        old.commit()
    forget_member_in_copies(place, MEMBER)
    with closing(sqlite3.connect(copy)) as old:
        assert old.execute("SELECT count(*) FROM jobs").fetchone() == (0,)
