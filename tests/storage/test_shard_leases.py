"""A server is served by one process at a time, whatever numbers of shards they have."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.clocks import CLOCKS_APART_S
from storage.engine import open_database
from storage.shard_leases import HeldShard, in_common
from storage.store import JobStore
from tests.harness.storage.making import NOW

LEASE_S = 10.0
MANY = 6
COUNTS = st.integers(1, 12)


@pytest.fixture
async def two(postgres_at_newest: str) -> AsyncIterator[tuple[JobStore, JobStore]]:
    async with (
        open_database(postgres_at_newest, owner="first") as first,
        open_database(postgres_at_newest, owner="second", beside=True) as second,
    ):
        yield first.jobs, second.jobs


async def take(store: JobStore, count: int, *ids: int, at: float = NOW) -> HeldShard | None:
    return (await store.take_shards(count, ids, now=at, lease_s=LEASE_S)).held


@given(COUNTS, COUNTS, st.data())
def test_what_two_shards_have_in_common(count: int, other_count: int, data: st.DataObject) -> None:
    """One of the numbers up to the product of both is on both shards, or no number is."""
    shard = data.draw(st.integers(0, count - 1))
    other = data.draw(st.integers(0, other_count - 1))
    numbers = range(count * other_count)
    on_both = any(n % count == shard and n % other_count == other for n in numbers)
    assert in_common(count, shard, other_count, other) is on_both


async def test_of_many_that_start_at_once_one_has_the_shard(postgres_at_newest: str) -> None:
    """All others hear which one is taken."""
    async with open_database(postgres_at_newest, owner="first") as first:
        stores = [first.jobs]
        for number in range(1, MANY):
            opening = open_database(postgres_at_newest, owner=f"other {number}", beside=True)
            stores.append((await opening.__aenter__()).jobs)
        said = await asyncio.gather(*(take(store, 1, 0) for store in stores))
        assert said.count(None) == 1
        assert said.count(HeldShard(0, 1)) == MANY - 1
        for store in stores[1:]:
            await store._connections.close()


async def test_each_process_keeps_its_part(two: tuple[JobStore, JobStore]) -> None:
    """Parts without a server in common disturb nobody; any other number of shards has one."""
    first, second = two
    assert await take(first, 3, 0, 1) is None
    assert await take(second, 3, 2) is None
    assert await take(second, 3, 2, 1) == HeldShard(1, 3)
    assert await take(first, 3, 0, 1, at=NOW + LEASE_S / 2) is None
    assert await take(second, 4, 3, at=NOW + 1) in {HeldShard(0, 3), HeldShard(1, 3)}
    # What was refused changed nothing: shard 2 is the second one's still.
    assert await take(first, 3, 2, at=NOW + LEASE_S / 2) == HeldShard(2, 3)
    # And a process may change its own number.
    assert await take(second, 6, 2, 5, at=NOW + LEASE_S / 2) is None


async def test_a_lease_ends_by_itself_or_with_its_process(two: tuple[JobStore, JobStore]) -> None:
    """After a kill when its time is over, not a moment sooner; after an orderly stop at once."""
    first, second = two
    assert await take(first, 1, 0) is None
    assert await take(second, 1, 0, at=NOW + LEASE_S - 0.1) == HeldShard(0, 1)
    assert await take(second, 1, 0, at=NOW + LEASE_S) is None
    assert await take(first, 1, 0, at=NOW + LEASE_S) == HeldShard(0, 1)
    await first.leave_shards()
    assert await take(first, 1, 0, at=NOW + LEASE_S) == HeldShard(0, 1)
    await second.leave_shards()
    assert await take(first, 1, 0, at=NOW + LEASE_S) is None


async def test_a_clock_that_was_ahead_holds_no_shard(two: tuple[JobStore, JobStore]) -> None:
    """Put right by a day, it would hold up the bot for as long; some seconds are common."""
    first, second = two
    assert await take(first, 1, 0, at=NOW + CLOCKS_APART_S) is None
    assert await take(second, 1, 0) == HeldShard(0, 1)
    assert await take(first, 1, 0, at=NOW + 86_400.0) is None
    assert await take(second, 1, 0) is None
