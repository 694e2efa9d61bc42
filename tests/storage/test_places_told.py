"""The places that are told to members where some orders of a model let others go first."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import Connection

from storage.job import Job, Pack
from storage.line import places
from storage.store import JobStore
from tests.harness.storage.making import NOW, answered, fetched, make_job

FEW = 20
LONGER_MAX = 7.0
"""Row by row it is about 4 times as long, with what sorting takes; for each pair of rows 16."""


async def _queue(store: JobStore, count: int, *, since: float = NOW, **changes: Any) -> list[Job]:
    jobs = [make_job(**changes, created_at=since + number) for number in range(count)]
    await asyncio.gather(*map(store.insert, jobs))
    return jobs


async def _told(store: JobStore, *jobs: Job) -> list[int]:
    ids = [job.id for job in jobs]
    found = await store._connections.read(lambda here: places(here, Pack.VIDEO, ids))
    return [found[id_] for id_ in ids]


async def _steps(store: JobStore) -> int:
    """Count the steps of SQLite's machine that it takes to know the places."""
    taken = 0

    def step() -> int:
        nonlocal taken
        taken += 1
        return 0

    def count(here: Connection) -> None:
        driver: Any = here.connection.dbapi_connection
        driver.set_progress_handler(step, 1)
        places(here, Pack.VIDEO, ())
        driver.set_progress_handler(None, 1)

    await store._connections.read(count)
    return taken


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
async def test_orders_that_stand_aside_make_no_insert_slow(store: JobStore) -> None:
    """With four times as many, beside those of another model, SQLite takes four times the steps."""
    await _queue(store, FEW, model="another")
    [*_, last] = await _queue(store, FEW, since=NOW + FEW, aside=True)
    assert await _told(store, last) == [2 * FEW]
    few = await _steps(store)
    await _queue(store, 3 * FEW, model="another")
    await _queue(store, 3 * FEW, aside=True)
    assert await _steps(store) < LONGER_MAX * few


async def test_an_unreadable_order_lets_nobody_wait(store: JobStore) -> None:
    """An order that stood aside for one that can't be read goes, and is told so."""
    aside = await answered(store, make_job(aside=True, created_at=NOW - 2.0))
    unread = await answered(store, make_job(created_at=NOW - 1.0))
    other = await answered(store, make_job(model="another"))
    assert await _told(store, aside, other) == [3, 2]
    [first] = await store.claim_queued(Pack.VIDEO, total_slots=1, now=NOW, lease_s=60.0, limit=1)
    assert first.id == unread.id
    await store.set_aside(await fetched(store, unread), now=NOW)
    assert await _told(store, aside, other) == [1, 2]
    [next_] = await store.claim_queued(Pack.VIDEO, total_slots=1, now=NOW, lease_s=60.0, limit=1)
    assert next_.id == aside.id
