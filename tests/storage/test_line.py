"""The queue: first come, first served, and never more than the slots allow."""

import asyncio
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]  # it ships no types
import pytest

from storage.job import Pack, State, WaitsFor
from storage.store import JobStore, Lane
from tests.harness.postgres_server import DATABASE, SUPERUSER
from tests.harness.storage.making import (
    LEASE_S,
    NOW,
    answered,
    make_job,
    sent,
)


async def _line(
    store: JobStore, total_slots: int, *, now: float = NOW, limit: int = 9
) -> list[str]:
    taken = await store.claim_queued(
        Pack.VIDEO, total_slots=total_slots, now=now, lease_s=LEASE_S, limit=limit
    )
    return [job.id for job in taken]


async def test_the_line_is_first_come_first_served(store: JobStore) -> None:
    """Queued jobs go in the order in which they came into the line."""
    second, first = (make_job(created_at=NOW + s) for s in (2.0, 1.0))
    for job in (second, first):
        await answered(store, job)
    assert await _line(store, 5, now=NOW + 9.0) == [first.id, second.id]


async def test_a_line_moves_while_a_claim_would_find_somebody(store: JobStore) -> None:
    """Looking at the head of a line tells what claiming from it would bring, and takes nothing."""

    async def moves(now: float) -> bool:
        return await store.line_moves(Pack.VIDEO, total_slots=1, now=now)

    assert not await moves(NOW)
    for _ in range(2):
        await answered(store, make_job())
    assert not await moves(NOW - 1.0)
    assert await moves(NOW)
    await sent(store)
    assert not await moves(NOW)


async def test_no_more_go_than_fit(store: JobStore) -> None:
    """Jobs are claimed only as far as the slots that are free have room for them."""
    jobs = [await answered(store, make_job(created_at=NOW + s)) for s in (0.0, 1.0, 2.0)]
    assert await _line(store, 2, now=NOW + 9.0) == [job.id for job in jobs[:2]]
    assert await _line(store, 2, now=NOW + 9.0) == []


async def test_nobody_overtakes_the_head(store: JobStore) -> None:
    """A job that does not fit yet keeps smaller ones behind it waiting."""
    await answered(store, make_job(created_at=NOW - 1.0, slots=2))
    await sent(store)
    large = await answered(store, make_job(created_at=NOW, slots=2))
    await answered(store, make_job(created_at=NOW + 1.0, slots=1))
    assert await _line(store, 3, now=NOW + 9.0) == []
    assert (await _line(store, 5, now=NOW + 9.0))[0] == large.id


async def test_the_line_waits_with_its_head(store: JobStore) -> None:
    """When Kling told the head to come later, those behind it would only be told the same."""
    await answered(store, make_job(created_at=NOW - 1.0))
    head = await store.move(await sent(store), State.QUEUED, now=NOW, due_at=NOW + 30.0)
    behind = await answered(store, make_job())
    assert await _line(store, 5, now=NOW + 1.0) == []
    assert await store.next_due([Lane.QUEUE], now=NOW + 1.0) == NOW + 30.0
    assert await _line(store, 5, now=NOW + 30.0) == [head.id, behind.id]


async def test_a_job_sent_back_keeps_its_place(store: JobStore) -> None:
    """A job that Kling told to come later is still ahead of jobs that came after it."""
    early = await answered(store, make_job(created_at=NOW - 5.0))
    await answered(store, make_job())
    back = await store.move(await sent(store), State.QUEUED, now=NOW, due_at=NOW)
    assert (back.id, back.queued_at) == (early.id, NOW - 5.0)
    assert (await _line(store, 1))[0] == early.id


async def test_what_may_be_in_flight_holds_its_slots(store: JobStore) -> None:
    """A slot is taken from the create until the task has ended, also while the job is unsure."""
    await answered(store, make_job(slots=2))
    assert await store.slots_in_use(Pack.VIDEO) == 0
    job = await sent(store)
    assert await store.slots_in_use(Pack.VIDEO) == 2
    job = await store.move(job, State.WAITING, now=NOW, keep=True, waits_for=WaitsFor.UNSURE)
    assert await store.slots_in_use(Pack.VIDEO) == 2
    job = await store.move(job, State.RUNNING, now=NOW, keep=True, task_id="t")
    assert await store.slots_in_use(Pack.VIDEO) == 2
    assert await store.slots_in_use(Pack.IMAGE) == 0
    await store.move(job, State.READY, now=NOW, outcome={})
    assert await store.slots_in_use(Pack.VIDEO) == 0


async def test_the_packs_never_mix(store: JobStore) -> None:
    """Full slots of one pack keep no job of the other waiting."""
    await answered(store, make_job())
    await sent(store)
    picture = await answered(store, make_job(pack=Pack.IMAGE))
    await answered(store, make_job())
    assert await _line(store, 1) == []
    taken = await store.claim_queued(Pack.IMAGE, total_slots=1, now=NOW, lease_s=LEASE_S, limit=5)
    assert [job.id for job in taken] == [picture.id]


async def test_a_job_larger_than_everything_goes_alone(store: JobStore) -> None:
    """A job of more slots than there are (settings shrank) goes when all are free, not never."""
    huge = await answered(store, make_job(slots=9))
    assert await _line(store, 5) == [huge.id]


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
async def test_a_claim_of_the_line_waits_for_its_turn(
    store: JobStore, postgres_socket: Path
) -> None:
    """On a server a claim sees the line only once it is alone with it, and as it is then."""
    await answered(store, make_job())
    connection = await asyncpg.connect(host=str(postgres_socket), user=SUPERUSER, database=DATABASE)
    waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    turn = connection.transaction()
    await turn.start()
    await connection.execute("SELECT pg_advisory_xact_lock(1)")
    claiming = asyncio.ensure_future(_line(store, 1))
    while not claiming.done() and not await connection.fetchval(waiting):
        pass  # each turn asks the server, which tells when the claim stands behind us
    earlier = await answered(store, make_job(created_at=NOW - 1.0))
    await turn.rollback()
    await connection.close()
    assert await claiming == [earlier.id]


async def test_slots_hold_against_a_race(store: JobStore, other: JobStore) -> None:
    """However many processes claim at once, the jobs they get fit the slots together."""
    for s in range(8):
        await answered(store, make_job(created_at=NOW - s))
    taken = await asyncio.gather(
        *(_line(through, 3) for _ in range(4) for through in (store, other))
    )
    assert len([job_id for batch in taken for job_id in batch]) == 3


async def test_the_unanswered_do_not_stand_in_line(store: JobStore) -> None:
    """A queued row without a recorded answer neither goes nor holds up the others."""
    await store.insert(make_job(created_at=NOW - 5.0))
    seen = await answered(store, make_job())
    assert await _line(store, 5) == [seen.id]


async def test_a_full_house_is_no_reason_to_wake(store: JobStore) -> None:
    """Queued jobs without a slot are not due: the loop would spin on them."""
    for _ in range(2):
        await answered(store, make_job())
    await store.save(await sent(store), now=NOW, due_at=NOW + 9.0)
    assert await _line(store, 1) == []
    assert await store.next_due([Lane.QUEUE], now=NOW) is None
    assert await store.next_due([Lane.QUEUE, Lane.CREATE], now=NOW) == NOW + 9.0
