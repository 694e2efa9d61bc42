"""One task belongs to one job, on both databases."""

import asyncio
from typing import Any

import pytest

from storage.job import Job, State, WaitsFor
from storage.ownership import _TURN
from storage.store import JobStore
from tests.harness.postgres_server import Database
from tests.harness.storage.bookings import PRICE, accepted, created, priced, runs
from tests.harness.storage.making import MEMBER, NOW, make_job

TASK = "845014248110960707"


async def creating(store: JobStore) -> Job:
    """Return a job whose create is under way."""
    job = make_job(state=State.CREATING, created_at=NOW, sent_at=NOW, create_tries=1)
    await store.insert(job)
    return job


async def test_two_that_ask_for_one_task_at_once(store: JobStore) -> None:
    """Of two jobs that are given the same task at once, one gets it; it is owned then."""
    jobs = [await creating(store) for _ in range(2)]
    assert await store.owned([TASK]) == set()
    given = await asyncio.gather(
        *(store.learn_task(job.id, TASK, now=NOW, unowned_in=job.state) for job in jobs)
    )
    [taken] = [job for job in given if job is not None]
    assert (taken.state, taken.task_id) == (State.RUNNING, TASK)
    assert await store.owned([TASK, "another"]) == {TASK}


async def test_a_job_that_is_sent_again_takes_no_other_task(store: JobStore) -> None:
    """What was found for an unsure job is not given to it once it is on its way to Kling again."""
    job = make_job(state=State.QUEUED, created_at=NOW, sent_at=NOW, create_tries=1)
    await store.insert(job)
    taken = await store.learn_task(job.id, TASK, now=NOW, unowned_in=State.WAITING)
    assert taken is None
    assert await store.owned([TASK]) == set()


async def test_a_create_without_its_task_is_seen_by_all_others(store: JobStore) -> None:
    """It counts for another job of the pack, in its time, until its task is known."""
    job = await creating(store)

    async def unknown(but: str = "x", since: float = NOW - 60, until: float = NOW + 60) -> bool:
        return await store.task_unknown(but, job.pack, since, until)

    assert await unknown()
    assert not await unknown(but=job.id)
    assert not await unknown(until=NOW - 1)
    assert await store.order_under_way("x", job.pack, NOW)
    assert not await store.order_under_way(job.id, job.pack, NOW)
    assert not await store.order_under_way("x", job.pack, NOW - 1)
    await store.learn_task(job.id, TASK, now=NOW)
    assert not await unknown()
    assert not await store.order_under_way("x", job.pack, NOW)


async def test_how_long_ago_an_order_began_counts_once_it_is_over(store: JobStore) -> None:
    """One under way may make its task at any later time: its age says nothing, its end does."""
    over = make_job(
        state=State.WAITING, waits_for=WaitsFor.UNSURE, created_at=NOW, sent_at=NOW, create_tries=1
    )
    await store.insert(over)
    assert await store.task_unknown("x", over.pack, NOW, NOW + 60)
    assert not await store.task_unknown("x", over.pack, NOW + 1, NOW + 60)
    under_way = await creating(store)
    assert await store.task_unknown("x", under_way.pack, NOW + 1, NOW + 60)


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
async def test_whoever_gives_a_task_away_waits_for_its_turn(
    store: JobStore, postgres: Database
) -> None:
    """On a server it is seen whose a task is only by one at a time, and as it is then."""
    first, second = [await creating(store) for _ in range(2)]
    connection = await postgres.connect()
    waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    turn = connection.transaction()
    await turn.start()
    await connection.execute("SELECT pg_advisory_xact_lock($1)", _TURN)
    giving = asyncio.ensure_future(
        store.learn_task(second.id, TASK, now=NOW, unowned_in=State.CREATING)
    )
    while not giving.done() and not await connection.fetchval(waiting):
        pass  # each turn asks the server, which tells when the other stands behind us
    await store.learn_task(first.id, TASK, now=NOW)
    await turn.rollback()
    await connection.close()
    assert await giving is None


async def test_the_task_of_a_deleted_job_is_still_its_own(store: JobStore) -> None:
    """What the ledger knows of it is enough: no other job is ever given its task."""
    job = await runs(store, await accepted(store, priced(PRICE)))
    assert job.task_id is not None
    await store.forget_member(MEMBER, now=NOW)
    assert await store.get(job.id) is None
    assert await store.owned([job.task_id]) == {job.task_id}
    other = await creating(store)
    assert await store.learn_task(other.id, job.task_id, now=NOW, unowned_in=State.CREATING) is None


@pytest.mark.parametrize(
    ("ended", "counts"),
    [
        ({"state": State.DONE}, False),
        ({"state": State.DONE, "units_held": PRICE}, True),
        ({"state": State.DONE, "units_spent": PRICE}, True),
        ({"state": State.RUNNING, "task_id": TASK}, False),
        ({"state": State.RUNNING, "task_id": TASK, "units_unclear": PRICE}, True),
    ],
    ids=["none made", "given up", "spent unknown", "known", "sent twice"],
)
async def test_what_may_have_made_a_task_tells_by_its_units(
    store: JobStore, ended: dict[str, Any], *, counts: bool
) -> None:
    """Where a create surely made none no unit is left; an earlier one of two stays unclear."""
    job = make_job(created_at=NOW, sent_at=NOW, create_tries=1, **ended)
    await store.insert(job)
    assert await store.task_unknown("x", job.pack, NOW - 60, NOW + 60) is counts


async def test_a_create_of_a_deleted_job_counts_as_well(store: JobStore) -> None:
    """What it made, if anything, nobody will ever know."""
    job = await created(store, await accepted(store, priced(PRICE)))
    await store.forget_member(MEMBER, now=NOW)
    assert await store.get(job.id) is None
    assert await store.task_unknown("x", job.pack, NOW - 60, NOW + 60)
    assert not await store.task_unknown("x", job.pack, NOW + 1, NOW + 60)
