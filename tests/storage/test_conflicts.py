"""Transactions on PostgreSQL that undo each other: the one that lost may simply be repeated."""

import asyncio

import pytest
from sqlalchemy import Connection, Update, text, update
from sqlalchemy.util import await_only

from storage.engine import open_database
from storage.errors import StorageUnavailable
from storage.job import Job
from storage.schema import jobs
from storage.store import JobStore
from tests.harness.storage.making import make_job


def _touched(job: Job) -> Update:
    return update(jobs).where(jobs.c.id == job.id).values(failures=jobs.c.failures + 1)


async def test_who_loses_a_deadlock_may_try_again(postgres_url: str) -> None:
    """Of two who wait for each other one gets through; the other hears that the rows were held."""
    async with open_database(postgres_url, owner="bot") as database:
        store = database.jobs
        rows = [make_job(), make_job()]
        for job in rows:
            await store.insert(job)
        both_hold_one = asyncio.Barrier(2)

        async def write(first: Job, second: Job) -> None:
            def both(here: Connection) -> None:
                here.execute(text("SET LOCAL deadlock_timeout = '10ms'"))
                here.execute(_touched(first))
                await_only(both_hold_one.wait())
                here.execute(_touched(second))

            await store._connections.write(both)

        ended = await asyncio.gather(write(*rows), write(*reversed(rows)), return_exceptions=True)
        [lost] = [one for one in ended if one is not None]
        assert isinstance(lost, StorageUnavailable)
        assert (lost.reason, lost.detail) == ("held", "SQLSTATE 40P01")
        assert [await _failures(store, job) for job in rows] == [1, 1]


async def test_who_read_what_has_changed_may_try_again(postgres_url: str) -> None:
    """Where the server is set to serialise, a write over a newer one is refused in the same way."""
    async with open_database(postgres_url, owner="bot") as database:
        store = database.jobs
        job = make_job()
        await store.insert(job)

        async def write_over_a_newer_one() -> None:
            newer = store._connections.write

            def over(here: Connection) -> None:
                here.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
                here.execute(text("SELECT 1 FROM jobs"))
                await_only(newer(lambda there: there.execute(_touched(job)).close()))
                here.execute(_touched(job))

            await store._connections.write(over)

        with pytest.raises(StorageUnavailable) as lost:
            await write_over_a_newer_one()
        assert (lost.value.reason, lost.value.detail) == ("held", "SQLSTATE 40001")
        assert await _failures(store, job) == 1


async def _failures(store: JobStore, job: Job) -> int:
    found = await store.get(job.id)
    assert found is not None
    return found.failures
