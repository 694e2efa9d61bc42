"""Bells: on or off, so many for each job, and only as long as its end is to come."""

import asyncio
from collections import Counter

from storage.bells import BELLS_MAX, Rung
from storage.job import State
from storage.store import JobStore
from tests.harness.storage.making import MEMBER, NOW, answered, done, make_job, posting, running

EVE = MEMBER + 1


async def test_a_second_press_takes_it_back(store: JobStore) -> None:
    """Also twice at the same moment: one of each."""
    job = await answered(store, make_job())
    assert await store.ring(job.id, EVE) is Rung.ON
    assert await store.bells(job.id) == [EVE]
    both = await asyncio.gather(store.ring(job.id, EVE), store.ring(job.id, EVE))
    assert Counter(both) == {Rung.ON: 1, Rung.OFF: 1}
    assert await store.ring(job.id, EVE) is Rung.OFF
    assert await store.bells(job.id) == []


async def test_so_many_and_no_more(store: JobStore) -> None:
    """Of many at once as many as there is room for; bells of another job do not count."""
    job, other = await answered(store, make_job()), await answered(store, make_job())
    people = range(EVE, EVE + BELLS_MAX + 5)
    told = await asyncio.gather(*(store.ring(job.id, user) for user in people))
    assert Counter(told) == {Rung.ON: BELLS_MAX, Rung.FULL: 5}
    assert len(await store.bells(job.id)) == BELLS_MAX
    assert await store.ring(other.id, EVE) is Rung.ON


async def test_only_before_the_end(store: JobStore) -> None:
    """Later the message may be made already; and nobody hears of what is not followed."""
    await answered(store, make_job())
    job = await running(store)
    assert await store.ring(job.id, EVE) is Rung.ON
    await store.stop_following(job.id, now=NOW)
    assert await store.ring(job.id, EVE + 1) is Rung.TOO_LATE
    await answered(store, make_job())
    held = await posting(store)
    assert await store.ring(held.id, EVE) is Rung.TOO_LATE
    ended = await store.move(held, State.DONE, now=NOW)
    assert await store.ring(ended.id, EVE) is Rung.TOO_LATE
    assert await store.ring("unknown", EVE) is Rung.TOO_LATE


async def test_a_forgotten_member_is_not_mentioned(store: JobStore) -> None:
    """Their bells go with their data; those of a deleted job with it."""
    job = await answered(store, make_job())
    await store.ring(job.id, EVE)
    await store.ring(job.id, EVE + 1)
    await store.forget_member(EVE, now=NOW)
    assert await store.bells(job.id) == [EVE + 1]
    await store.forget_member(MEMBER, now=NOW)
    assert await store.bells(job.id) == []
    await answered(store, make_job())
    assert (await done(store)).state is State.DONE
