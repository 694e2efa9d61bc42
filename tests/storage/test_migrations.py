"""From nothing to the newest schema, and from each version to the next."""

import asyncio
import signal
import sys
from typing import Any, NamedTuple

import pytest
from sqlalchemy import Connection, inspect

from bot.doctor.database import examine_database
from bot.doctor.findings import Mark
from bot.settings.sections import StorageSettings
from storage.connections import POSTGRESQL, Connections
from storage.engine import open_database
from storage.errors import StorageUnavailable
from storage.migrations import MIGRATIONS
from storage.schema import metadata
from storage.store import JobStore
from tests.harness.postgres_server import Database
from tests.harness.shell import environment
from tests.harness.storage.making import answered, make_job
from tests.harness.storage.upgrading import NEXT, add_moods


class BrokenOff(Exception):
    pass


def break_off(connection: Connection) -> None:
    add_moods(connection)
    connection.exec_driver_sql("DELETE FROM jobs")
    raise BrokenOff


BROKEN = (*MIGRATIONS, break_off)


class Built(NamedTuple):
    """What a table is made of, as the database tells it."""

    nullable: dict[str, bool]
    key: list[str]
    indexes: set[tuple[str | None, ...]]
    unique: set[tuple[str, ...]]
    references: set[tuple[str, str | None]]


def _built(connection: Connection) -> dict[str, Built]:
    inspector = inspect(connection)
    return {
        table: Built(
            nullable={c["name"]: c["nullable"] for c in inspector.get_columns(table)},
            key=inspector.get_pk_constraint(table)["constrained_columns"],
            indexes={
                (index["name"], *index["column_names"], _condition(connection, index))
                for index in inspector.get_indexes(table)
                if not index.get("duplicates_constraint")
            },
            unique={tuple(u["column_names"]) for u in inspector.get_unique_constraints(table)},
            references={
                (key["referred_table"], key["options"].get("ondelete"))
                for key in inspector.get_foreign_keys(table)
            },
        )
        for table in inspector.get_table_names()
    }


def _condition(connection: Connection, index: Any) -> str | None:
    """The rows that are in an index, as the database itself spells it."""
    found = index.get("dialect_options", {}).get(f"{connection.dialect.name}_where")
    return None if found is None else str(found)


def _create_all(connection: Connection) -> None:
    """Create what is declared; PostgreSQL has the conditions that are declared for SQLite."""
    if connection.dialect.name == POSTGRESQL:
        for table in metadata.tables.values():
            for index in table.indexes:
                condition = index.dialect_options["sqlite"]["where"]
                index.dialect_options["postgresql"]["where"] = condition
    metadata.create_all(connection)


async def _look(connections: Connections) -> dict[str, Built]:
    return await connections.read(_built)


async def test_the_migrations_build_what_the_statements_expect(store: JobStore) -> None:
    """All migrations together build the tables of `storage.schema`, constraint by constraint."""
    migrated = await _look(store._connections)
    await store._connections.write(metadata.drop_all)
    await store._connections.write(_create_all)
    declared = await _look(store._connections)
    # SQLite alone reports the key of `TEXT PRIMARY KEY` as one that may be NULL.
    for tables in (migrated, declared):
        for table in tables.values():
            table.nullable.update(dict.fromkeys(table.key, False))
    assert migrated == declared


async def test_a_second_start_migrates_nothing(url: str) -> None:
    """A database at the newest version is opened as it is."""
    async with open_database(url, owner="bot") as database:
        job = await answered(database.jobs, make_job())
    async with open_database(url, owner="bot") as database:
        assert await database.jobs.list_jobs() == [job]


async def test_an_older_database_is_brought_on(url: str) -> None:
    """A database of an older version gets what is missing, and keeps what it holds."""
    async with open_database(url, owner="bot") as database:
        job = await answered(database.jobs, make_job())
    async with open_database(url, owner="bot", migrations=NEXT) as database:
        assert await database.jobs.get(job.id) == job
        assert "moods" in await _look(database.jobs._connections)


async def test_an_interrupted_migration_leaves_the_old(url: str) -> None:
    """A migration that is broken off leaves schema, version and rows as they were."""
    async with open_database(url, owner="bot") as database:
        job = await answered(database.jobs, make_job())
    with pytest.raises(BrokenOff):
        async with open_database(url, owner="bot", migrations=BROKEN):
            pass
    async with open_database(url, owner="bot") as database:
        assert await database.jobs.list_jobs() == [job]
        assert "moods" not in await _look(database.jobs._connections)
    async with open_database(url, owner="bot", migrations=NEXT) as database:
        assert await database.jobs.list_jobs() == [job]


DIES = """
import asyncio, os, signal, sys
from storage.engine import open_database
from tests.harness.storage.upgrading import NEXT

def die(connection):
    connection.exec_driver_sql("DELETE FROM jobs")
    os.kill(os.getpid(), signal.SIGKILL)

async def upgrade():
    async with open_database(sys.argv[1], owner="bot", migrations=(*NEXT, die)):
        pass

asyncio.run(upgrade())
"""


async def test_a_killed_migration_leaves_the_old(url: str) -> None:
    """So does one whose process dies by SIGKILL half-way; the next start finishes it."""
    async with open_database(url, owner="bot") as database:
        job = await answered(database.jobs, make_job())
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", DIES, url, env=environment({})
    )
    assert await process.wait() == -signal.SIGKILL
    async with open_database(url, owner="bot") as database:
        assert await database.jobs.list_jobs() == [job]
        assert "moods" not in await _look(database.jobs._connections)
    async with open_database(url, owner="bot", migrations=NEXT) as database:
        assert await database.jobs.list_jobs() == [job]


async def test_an_interrupted_first_start_leaves_nothing(url: str) -> None:
    """A first start that is broken off is a first start again the next time."""
    with pytest.raises(BrokenOff):
        async with open_database(url, owner="bot", migrations=BROKEN):
            pass
    async with open_database(url, owner="bot") as database:
        assert await database.jobs.list_jobs() == []


@pytest.mark.parametrize("beside", [False, True])
async def test_a_newer_database_is_refused(url: str, *, beside: bool) -> None:
    """A database that a newer program has migrated is refused, and not taken back."""
    async with open_database(url, owner="bot", migrations=NEXT):
        pass
    with pytest.raises(StorageUnavailable) as refusal:
        async with open_database(url, owner="bot", beside=beside):
            pass
    assert refusal.value.reason == "newer"
    async with open_database(url, owner="bot", migrations=NEXT):
        pass


async def test_an_operator_migrates_nothing(url: str) -> None:
    """Standing beside the bot never changes the schema: an older one is refused."""
    async with open_database(url, owner="bot"):
        pass
    with pytest.raises(StorageUnavailable) as refusal:
        async with open_database(url, owner="operator", beside=True, migrations=NEXT):
            pass
    assert refusal.value.reason == "older"


async def test_an_empty_server_needs_a_start_only(postgres_url: str) -> None:
    """A PostgreSQL database that no bot has used is healthy, for the doctor too."""
    with pytest.raises(StorageUnavailable) as refusal:
        async with open_database(postgres_url, owner="operator", beside=True):
            pass
    assert refusal.value.reason == "older"
    (finding,) = await examine_database(StorageSettings.model_validate({"url": postgres_url}))
    assert finding.mark is Mark.OK
    assert "next start" in finding.what


async def test_another_programs_tables_are_left_alone(postgres_url: str) -> None:
    """A PostgreSQL database with a foreign `jobs` table is refused."""
    async with open_database(postgres_url, owner="bot") as database:
        await database.jobs._connections.write(
            lambda here: here.exec_driver_sql("DROP TABLE schema_version").close()
        )
    with pytest.raises(StorageUnavailable) as refusal:
        async with open_database(postgres_url, owner="bot"):
            pass
    assert refusal.value.reason == "cannot_open"


async def test_processes_that_start_together_migrate_once(postgres_url: str) -> None:
    """Several processes may meet an empty PostgreSQL database at the same moment."""

    async def start(number: int) -> int:
        async with open_database(postgres_url, owner=str(number)) as database:
            return len(await database.jobs.list_jobs())

    assert await asyncio.gather(*map(start, range(4))) == [0, 0, 0, 0]


async def test_a_server_that_is_not_there(postgres: Database, postgres_url: str) -> None:
    """A wrong name, or no server, is told in a word and without the password."""
    secret = "hunter2"
    for broken in (
        postgres_url.replace("tester@/", f"nobody_known:{secret}@/"),
        postgres_url.replace(f"/{postgres.name}?", "/missing?"),
        f"postgresql://bot:{secret}@127.0.0.1:1/kling",
    ):
        with pytest.raises(StorageUnavailable) as refusal:
            async with open_database(broken, owner="bot"):
                pass
        assert refusal.value.reason == "cannot_open"
        assert secret not in str(refusal.value)
