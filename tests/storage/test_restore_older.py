"""A PostgreSQL database gets the tables of its copy, whatever versions made the two."""

from pathlib import Path

import pytest
from sqlalchemy import Connection, func, inspect, select, text

from storage.engine import open_database
from storage.errors import StorageUnavailable
from storage.migrations import MIGRATIONS
from storage.restore import back_up_database, restore_database
from storage.schema import facts
from storage.store import JobStore
from tests.harness.postgres_server import Database
from tests.harness.storage.making import answered, make_job
from tests.harness.storage.upgrading import NEXT
from tests.storage.test_restore import NOW, jobs_in, needs_programs

BEFORE = MIGRATIONS[:-1]
GONE = "DROP TABLE theirs CASCADE"
JOB = "INSERT INTO facts (key, value) VALUES ('in the copy', 'yes')"


class Killed(Exception):
    """What ends a restore in a test."""


def die(connection: Connection) -> None:
    raise Killed


async def _run(store: JobStore, statement: str) -> None:
    await store._connections.write(lambda here: here.execute(text(statement)).close())


async def _tables(url: str) -> set[str]:
    async with open_database(url, owner="look", beside=True) as database:
        return set(
            await database.jobs._connections.read(lambda here: inspect(here).get_table_names())
        )


async def _copied(url: str, copy: Path, migrations: tuple[object, ...]) -> None:
    async with open_database(url, owner="bot", migrations=migrations) as database:  # type: ignore[arg-type]  # a part of them
        await _run(database.jobs, JOB)
    await back_up_database(url, copy, now=NOW)


async def _refused(url: str, *, beside: bool = False, migrations: object = MIGRATIONS) -> str:
    with pytest.raises(StorageUnavailable) as refused:
        async with open_database(url, owner="bot", beside=beside, migrations=migrations):  # type: ignore[arg-type]  # a part of them
            pass
    return refused.value.reason


@pytest.mark.parametrize("back", [1, pytest.param(2, marks=pytest.mark.sweep)])
async def test_a_copy_of_an_older_version_replaces_a_newer_database(
    postgres: Database, tmp_path: Path, back: int
) -> None:
    """It is upgraded and marked, and nothing of the database before is left."""
    url, copy = await postgres.emptied(), tmp_path / "copy"
    needs_programs(url)
    await _copied(url, copy, MIGRATIONS[:-back])
    async with open_database(await postgres.emptied(), owner="bot") as database:
        await answered(database.jobs, make_job())
    before = await _tables(url)
    await restore_database(url, copy, owner="operator", now=NOW)
    async with open_database(url, owner="bot") as database:
        assert await database.jobs.restored_at() == NOW
        assert await database.jobs.fact("in the copy") == "yes"
    assert await jobs_in(url) == set()
    assert await _tables(url) == before


@pytest.mark.sweep
async def test_an_older_program_leaves_no_table_of_a_newer_one(
    postgres: Database, tmp_path: Path
) -> None:
    """It drops tables that it does not know, and neither tables of others nor their rows."""
    url, copy = await postgres.emptied(), tmp_path / "copy"
    needs_programs(url)
    await _copied(url, copy, MIGRATIONS)
    ours = await _tables(url)
    await postgres.execute("CREATE TABLE theirs AS SELECT 1 AS row")
    async with open_database(url, owner="bot", migrations=NEXT) as database:
        assert "moods" in await database.jobs._connections.read(
            lambda here: inspect(here).get_table_names()
        )
    await restore_database(url, copy, owner="operator", now=NOW)
    assert await _tables(url) == ours | {"theirs"}
    async with open_database(url, owner="bot", migrations=NEXT) as database:
        assert await database.jobs.restored_at() == NOW


async def _moods(database: Database) -> str | None:
    connection = await database.connect()
    try:
        found = await connection.fetchval(
            "SELECT string_agg(mood, ' ') FROM theirs"
            if await connection.fetchval("SELECT to_regclass('theirs') IS NOT NULL")
            else "SELECT NULL"
        )
    finally:
        await connection.close()
    return None if found is None else str(found)


@pytest.mark.parametrize("meanwhile", ["UPDATE theirs SET mood = 'better'", GONE])
async def test_what_others_have_in_the_copy_is_not_loaded(
    postgres: Database, tmp_path: Path, meanwhile: str
) -> None:
    """Their tables stay as they are now, or gone; views on ours alone come from the copy."""
    url, copy = await postgres.emptied(), tmp_path / "copy"
    needs_programs(url)
    await postgres.execute(
        "CREATE TABLE theirs (id SERIAL PRIMARY KEY, mood TEXT);"
        "CREATE INDEX theirs_mood ON theirs (mood);"
        "COMMENT ON TABLE theirs IS 'of another program';"
        "INSERT INTO theirs (mood) VALUES ('good');"
    )
    async with open_database(url, owner="bot", migrations=NEXT) as database:
        await _run(database.jobs, JOB)
    await postgres.execute(
        "INSERT INTO moods VALUES ('ours'); CREATE VIEW of_both AS SELECT 1 FROM jobs, theirs;"
        "CREATE VIEW of_ours AS SELECT key FROM facts"
    )
    await back_up_database(url, copy, now=NOW)
    await postgres.execute(meanwhile)
    await postgres.execute("DELETE FROM moods")
    await restore_database(url, copy, owner="operator", now=NOW, migrations=NEXT)
    assert await _moods(postgres) == (None if meanwhile == GONE else "better")
    await postgres.execute("SELECT mood, 1 / (mood = 'ours')::int FROM moods")
    await postgres.execute("SELECT * FROM of_ours")
    async with open_database(url, owner="bot", migrations=NEXT) as database:
        assert await database.jobs.restored_at() == NOW
        assert await database.jobs.fact("in the copy") == "yes"


async def test_what_was_loaded_can_not_be_started_before_it_is_marked(
    postgres: Database, tmp_path: Path
) -> None:
    """Killed in between: neither this program nor the one before starts, until it is repeated."""
    url, copy = await postgres.emptied(), tmp_path / "copy"
    needs_programs(url)
    await _copied(url, copy, BEFORE)
    with pytest.raises(Killed):
        await restore_database(url, copy, owner="operator", now=NOW, migrations=(*MIGRATIONS, die))
    assert await _refused(url, migrations=BEFORE) == "half_restored"
    assert await _refused(url) == "half_restored"
    assert await _refused(url, beside=True) == "half_restored"
    await restore_database(url, copy, owner="operator", now=NOW)
    async with open_database(url, owner="bot") as database:
        assert await database.jobs.restored_at() == NOW


@pytest.mark.sweep
async def test_a_copy_from_the_middle_of_a_move_stays_unusable(
    postgres: Database, tmp_path: Path
) -> None:
    """Restoring it does not make a database of it that lacks rows."""
    url, copy = await postgres.emptied(), tmp_path / "copy"
    needs_programs(url)
    async with open_database(url, owner="bot") as database:
        await database.jobs.set_fact("moving_from", "0123456789abcdef")
    await back_up_database(url, copy, now=NOW)
    with pytest.raises(StorageUnavailable) as refused:
        await restore_database(url, copy, owner="operator", now=NOW)
    assert refused.value.reason == "half_moved"
    assert await _refused(url) == "half_moved"


@pytest.mark.sweep
async def test_our_tables_may_be_in_a_schema_of_their_own(
    postgres: Database, tmp_path: Path
) -> None:
    """The copy's other schemas are not touched, and a copy of another schema is refused."""
    copy = tmp_path / "copy"
    await postgres.emptied()
    needs_programs(postgres.url)
    await postgres.execute('DROP SCHEMA IF EXISTS "Of Kling" CASCADE; CREATE SCHEMA "Of Kling"')
    url = f"{postgres.url}&options=-csearch_path%3D%22Of%5C%20Kling%22"
    try:
        await _copied(url, copy, BEFORE)
        async with open_database(postgres.url, owner="bot") as database:
            job = await answered(database.jobs, make_job())
        with pytest.raises(StorageUnavailable, match="public"):
            await restore_database(postgres.url, copy, owner="operator", now=NOW)
        await restore_database(url, copy, owner="operator", now=NOW)
        async with open_database(url, owner="bot") as database:
            asked = select(func.count()).select_from(facts).where(facts.c.key == "in the copy")
            read = database.jobs._connections.read
            assert await read(lambda here: here.execute(asked).scalar_one()) == 1
        assert await jobs_in(postgres.url) == {job.id}
    finally:
        await postgres.execute('DROP SCHEMA "Of Kling" CASCADE')
