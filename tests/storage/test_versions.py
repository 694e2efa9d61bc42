"""Restarting one process after the other: who may use which schema."""

import asyncio

import pytest
from sqlalchemy import Connection

from storage import migrations
from storage.engine import open_database
from storage.errors import StorageUnavailable
from storage.job import State
from storage.migrations import MIGRATIONS, readable_from
from storage.store import Lane
from tests.harness.storage.making import LEASE_S, NOW, answered, make_job
from tests.harness.storage.upgrading import NEXT, add_moods


def rename(connection: Connection) -> None:
    connection.exec_driver_sql("ALTER TABLE jobs RENAME COLUMN model TO product")


@pytest.fixture
def expanding(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next step of the schema only adds."""
    monkeypatch.setattr(migrations, "EXPANDING", migrations.EXPANDING | {add_moods})


async def test_the_program_before_works_on_while_others_are_restarted(
    url: str, expanding: None
) -> None:
    """After a step that only adds: it goes on, and it even starts; both work on the same jobs."""
    async with open_database(url, owner="old") as old:
        job = await answered(old.jobs, make_job(state=State.PREPARING))
        if url.startswith("postgresql"):
            async with open_database(url, owner="new", migrations=NEXT) as new:
                [taken] = await new.jobs.claim(Lane.PREPARE, now=NOW, lease_s=LEASE_S, limit=5)
                assert taken.id == job.id
                await new.jobs.let_go(taken)
                [again] = await old.jobs.claim(Lane.PREPARE, now=NOW, lease_s=LEASE_S, limit=5)
                await old.jobs.save(again, now=NOW, due_at=NOW)
                await answered(old.jobs, make_job(state=State.PREPARING))
                assert len(await new.jobs.list_jobs()) == 2
    async with open_database(url, owner="new", migrations=NEXT):
        pass
    async with open_database(url, owner="old") as old:
        assert await old.jobs.get(job.id) is not None
    async with open_database(url, owner="operator", beside=True) as beside:
        assert await beside.jobs.get(job.id) is not None


async def test_a_step_that_takes_something_away_shuts_the_program_before_out(
    url: str, expanding: None
) -> None:
    """Also if a step that only adds comes after it."""
    for newer in ((*MIGRATIONS, rename), (*MIGRATIONS, rename, add_moods)):
        async with open_database(url, owner="new", migrations=newer):
            pass
        with pytest.raises(StorageUnavailable) as refused:
            async with open_database(url, owner="old"):
                pass
        assert refused.value.reason == "newer"


def test_how_far_back_a_schema_can_be_used(expanding: None) -> None:
    """To the last step that was more than an addition."""
    assert readable_from(MIGRATIONS) == len(MIGRATIONS), "one before would not forget characters"
    assert readable_from((*MIGRATIONS, rename)) == len(MIGRATIONS) + 1
    assert readable_from(NEXT) == readable_from(MIGRATIONS)
    assert readable_from((*NEXT, rename)) == len(NEXT) + 1


async def test_an_upgrade_waits_for_nobody_for_long(
    postgres_at_newest: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A table that a copy is being made of: the start gives up, and the others' work goes on."""
    monkeypatch.setattr(migrations, "LOCK_WAIT_S", 0.2)
    async with open_database(postgres_at_newest, owner="old") as old:
        copying = asyncio.Event()

        def copy(here: Connection) -> None:
            here.exec_driver_sql("LOCK TABLE jobs IN ACCESS SHARE MODE").close()

        engine = old.jobs._connections._engine  # type: ignore[attr-defined]  # PostgreSQL's
        async with engine.begin() as here:
            await here.run_sync(copy)
            copying.set()
            with pytest.raises(StorageUnavailable) as refused:
                async with open_database(postgres_at_newest, owner="new", migrations=NEXT):
                    pass
        assert refused.value.reason == "held"
        await answered(old.jobs, make_job())
