"""A member's limits: checked where the row is written, and never passed by what comes together."""

import asyncio

import pytest

from storage.errors import (
    AgainLimitReached,
    BytesLimitReached,
    DayLimitReached,
    OpenLimitReached,
)
from storage.job import State, StoredInput
from storage.limits import Limits
from storage.store import JobStore, Lane
from tests.harness.storage.making import (
    LEASE_S,
    MEMBER,
    NOW,
    answered,
    claimed,
    done,
    make_delivery,
    make_job,
)

DAY_S = 86_400.0
HOUR_S = 3_600.0
FILE = StoredInput("image", "image/png", b"x" * 60)
FEW = Limits(open_jobs=2)
SMALL = Limits(input_bytes_per_day=100, day_starts=NOW)


async def test_a_member_may_have_so_many_open_jobs(store: JobStore, other: JobStore) -> None:
    """Jobs count until they are done or cancelled, and others' do not; together none passes."""
    passed = await asyncio.gather(
        *(one.insert(make_job(), limits=FEW) for one in (store, other) for _ in range(2)),
        return_exceptions=True,
    )
    refused = [one for one in passed if isinstance(one, OpenLimitReached)]
    assert [(one.used, one.limit) for one in refused] == [(2, 2)] * 2
    await store.insert(make_job(user_id=8), limits=FEW)
    kept = [job for job in await store.list_jobs() if job.origin.user_id == MEMBER]
    await store.mark_answered(kept[0].id, message_id=1, now=NOW, due_at=NOW)
    assert await store.decide(kept[0].id, from_state=State.QUEUED, to=State.CANCELLED, now=NOW)
    await store.insert(make_job(), limits=FEW)


async def test_files_have_a_daily_limit(store: JobStore) -> None:
    """What would pass it is refused before anything is stored; what is reached exactly is not."""
    job = make_job()
    await store.insert(job, [FILE], limits=SMALL)
    refused = make_job()
    with pytest.raises(BytesLimitReached) as reached:
        await store.insert(refused, [FILE], limits=SMALL)
    assert (reached.value.used, reached.value.limit) == (60, 100)
    assert await store.get(refused.id) is None
    await store.insert(make_job(), limits=SMALL)
    await store.insert(make_job(), [StoredInput("image", "image/png", b"x" * 40)], limits=SMALL)
    tomorrow = Limits(input_bytes_per_day=100, day_starts=NOW + DAY_S)
    await store.insert(make_job(created_at=NOW + DAY_S), [FILE], limits=tomorrow)


async def test_files_count_whatever_became_of_the_job(store: JobStore) -> None:
    """A job that is gone gives no bytes back; when the member is forgotten, the count goes too."""
    job = make_job()
    await store.insert(job, [FILE], limits=SMALL)
    assert await store.withdraw(job.id)
    with pytest.raises(BytesLimitReached):
        await store.insert(make_job(), [FILE], limits=SMALL)
    await store.forget_member(MEMBER, now=NOW)
    await store.insert(make_job(), [FILE], limits=SMALL)
    await store.purge(now=NOW + 3 * DAY_S, inputs_older_s=DAY_S, jobs_older_s=DAY_S)
    await store.insert(make_job(), [FILE], limits=SMALL)


async def test_files_that_come_later_count_as_well(store: JobStore) -> None:
    """Files fetched after the answer meet the same limit, and none of them is stored."""
    await answered(store, make_job(state=State.PREPARING))
    job = await claimed(store, Lane.PREPARE)
    await store.put_inputs(job, [FILE], limits=SMALL)
    with pytest.raises(BytesLimitReached):
        await store.put_inputs(job, [StoredInput("audio", "audio/mpeg", b"y" * 41)], limits=SMALL)
    assert set(await store.inputs(job.id)) == {"image"}


async def test_a_job_counts_once_a_call_that_costs_was_begun(store: JobStore) -> None:
    """A job that is cancelled after such a call keeps its place in the day."""
    await answered(store, make_job(state=State.PREPARING))
    job = await claimed(store, Lane.PREPARE)
    await store.save(job, now=NOW, cost_begun=True)
    cancelled = await store.decide(job.id, from_state=State.PREPARING, to=State.CANCELLED, now=NOW)
    assert cancelled is not None
    assert cancelled.cost_begun
    assert not await store.claim(Lane.PREPARE, now=NOW, lease_s=LEASE_S, limit=1)
    with pytest.raises(DayLimitReached):
        await store.insert(make_job(), limits=Limits(1, day_starts=NOW - 10.0))


async def test_repeats_are_limited_by_the_hour(store: JobStore) -> None:
    """So many repeats in any 60 minutes; what is not a repeat does not count."""
    await answered(store, make_job())
    job = await done(store)

    async def again(number: int, at: float, member: int | None = MEMBER) -> None:
        planned = [make_delivery(job, f"a{number}")]
        assert await store.deliver_again(job.id, planned, now=at, again_by=member, per_hour=2)
        told = await claimed(store, Lane.TELL, now=at)
        await store.move(told, State.DONE, now=at)

    await again(1, NOW, None)
    await again(2, NOW + 1.0)
    await again(3, NOW + 2.0)
    with pytest.raises(AgainLimitReached) as reached:
        await again(4, NOW + 3.0)
    assert reached.value.again_at == NOW + 1.0 + HOUR_S
    await again(4, NOW + 4.0, 8)
    await again(5, reached.value.again_at)
