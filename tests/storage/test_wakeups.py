"""Wake-ups between processes: heard at once, never needed."""

import asyncio
from collections.abc import Iterator

import pytest

from storage.engine import open_database
from storage.errors import StorageUnavailable
from storage.store import JobStore
from tests.harness.pgbouncer import find_pgbouncer, pooling
from tests.harness.postgres_server import Database

POOL = 2


@pytest.fixture
def pooled_url(postgres: Database, postgres_at_newest: str) -> Iterator[str]:
    assert postgres_at_newest
    program = find_pgbouncer()
    if program is None:
        pytest.skip("PgBouncer is not installed (Debian: apt install pgbouncer)")
    with pooling(program, postgres, POOL) as url:
        yield url


async def _listening(store: JobStore, heard: asyncio.Event) -> "asyncio.Task[None]":
    """Return the task that hears, once it does: it says so itself at the start."""
    listening = asyncio.create_task(store.hear_work(heard.set))
    await heard.wait()
    heard.clear()
    return listening


async def test_one_process_wakes_another(postgres_at_newest: str) -> None:
    """What one announces the other hears; its own announcements it does not."""
    async with (
        open_database(postgres_at_newest, owner="first") as first,
        open_database(postgres_at_newest, owner="second", beside=True) as second,
    ):
        mine, theirs = asyncio.Event(), asyncio.Event()
        tasks = [await _listening(first.jobs, mine), await _listening(second.jobs, theirs)]
        await first.jobs.announce_work()
        await theirs.wait()
        await second.jobs.announce_work()
        await mine.wait()
        theirs.clear()
        await second.jobs.announce_work()
        await first.jobs.announce_work()
        await theirs.wait()
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


async def test_behind_a_pooler_it_is_said_that_nothing_is_heard(pooled_url: str) -> None:
    """PgBouncer in transaction mode takes LISTEN and passes nothing on: `deaf`, not silence."""
    async with open_database(pooled_url, owner="first") as database:
        with pytest.raises(StorageUnavailable) as refused:
            await database.jobs.hear_work(lambda: None)
        assert refused.value.reason == "deaf"
        await database.jobs.announce_work()


async def test_a_listener_whose_server_goes_says_so(
    postgres: Database, postgres_at_newest: str
) -> None:
    """A connection that is ended is noticed; what comes later is not waited for in vain."""
    async with open_database(postgres_at_newest, owner="first") as database:
        heard = asyncio.Event()
        listening = await _listening(database.jobs, heard)
        await postgres.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE query LIKE 'LISTEN%' AND datname = current_database()"
        )
        with pytest.raises(StorageUnavailable):
            await listening
