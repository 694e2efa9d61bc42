"""Claiming so that one member, or one channel, does not fill a lane."""

from dataclasses import replace

from storage.apart import CANDIDATES, Apart
from storage.job import Job, State
from storage.store import JobStore, Lane
from tests.harness.storage.making import LEASE_S, NOW, answered, make_job

ADA, BEN, CAT = 11, 12, 13


async def waiting(store: JobStore, user_id: int, channel_id: int, after_s: float) -> Job:
    """A row that is due this many seconds after the first."""
    job = make_job(state=State.PREPARING, user_id=user_id, created_at=NOW + after_s)
    job = replace(job, origin=replace(job.origin, channel_id=channel_id))
    return await answered(store, job)


async def claim(store: JobStore, keep: Apart, limit: int) -> list[str]:
    taken = await store.claim(
        Lane.PREPARE, now=NOW + 500.0, lease_s=LEASE_S, limit=limit, keep=keep
    )
    return [job.id for job in taken]


async def test_each_member_gets_a_place_before_anyone_gets_two(store: JobStore) -> None:
    """Of a member with many rows one is claimed, and those who come later are claimed beside it."""
    first, *_ = [await waiting(store, ADA, n, n) for n in range(CANDIDATES // 2)]
    ben = await waiting(store, BEN, 101, 100.0)
    cat = await waiting(store, CAT, 102, 101.0)
    assert await claim(store, Apart(), 3) == [first.id, ben.id, cat.id]


async def test_a_member_with_a_row_under_way_waits(store: JobStore) -> None:
    """However many rows of such a member are due longer, the others' are found."""
    for n in range(CANDIDATES * 2):
        await waiting(store, ADA, n, float(n))
    ben = await waiting(store, BEN, 101, 100.0)
    assert await claim(store, Apart(members=frozenset({ADA})), 3) == [ben.id]
    assert await claim(store, Apart(members=frozenset({ADA})), 3) == []


async def test_a_channel_with_a_row_under_way_waits(store: JobStore) -> None:
    """Rows of one channel are kept apart like those of one member, where channels matter."""
    ada = await waiting(store, ADA, 1, 0.0)
    ben = await waiting(store, BEN, 1, 1.0)
    cat = await waiting(store, CAT, 2, 2.0)
    assert await claim(store, Apart(), 3) == [ada.id, cat.id]
    assert await claim(store, Apart(channels=frozenset({1})), 3) == []
    assert await claim(store, Apart(channels=frozenset({1}), by_channel=False), 3) == [ben.id]


async def test_where_no_one_else_waits_a_member_gets_more(store: JobStore) -> None:
    """Places that would stay empty go to the same member, up to the number that is allowed."""
    rows = [await waiting(store, ADA, 1, float(n)) for n in range(4)]
    assert await claim(store, Apart(more=1), 4) == [row.id for row in rows[:2]]
    keep = Apart(members=frozenset({ADA}), channels=frozenset({1}), more=1)
    assert await claim(store, keep, 4) == [rows[2].id]
