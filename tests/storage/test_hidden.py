"""Hidden results: that presses at once are one, and how long a job's messages are looked at."""

import asyncio

from storage.hidden import ToHide
from storage.store import JobStore
from storage.waits import Longest
from tests.harness.storage.making import LEASE_S, NOW, answered, make_job

GONE = "f" * 16
DAY_S = 86_400.0
LATER = NOW + 60.0


async def test_presses_at_once_are_one(store: JobStore, other: JobStore) -> None:
    """Two processes note the same job at the same moment: all succeed, and it is due once."""
    job = await answered(store, make_job())
    pressed = [store, other] * 4
    noted = await asyncio.gather(*(one.want_hidden(job.id, now=NOW) for one in pressed))
    assert noted == [True] * 8
    assert await store.is_hidden(job.id)
    assert await other.hidden_due(now=NOW, limit=5) == [ToHide(job.id, NOW, 0)]


async def test_a_job_that_is_gone_is_told(store: JobStore) -> None:
    """A job that was deleted before the press arrived is not there to be hidden."""
    assert not await store.want_hidden(GONE, now=NOW)
    assert not await store.is_hidden(GONE)
    assert await store.next_hidden_at() is None


async def test_no_look_waits_for_a_clock_that_was_ahead(store: JobStore) -> None:
    """After the clock was set back by days, the next look is a day away at most."""
    job = await answered(store, make_job())
    assert await store.want_hidden(job.id, now=NOW + 9 * DAY_S)
    assert await store.cut_waits(Longest(60.0, DAY_S, LEASE_S, DAY_S), now=NOW) == 1
    assert await store.next_hidden_at() == NOW + DAY_S


async def test_asked_once_more_it_is_due_again(store: JobStore) -> None:
    """It stays hidden after its messages are done; a later press begins anew."""
    job = await answered(store, make_job())
    assert await store.want_hidden(job.id, now=NOW)
    [first] = await store.hidden_due(now=NOW, limit=5)
    await store.hidden_again(first, due_at=LATER)
    assert await store.hidden_due(now=NOW, limit=5) == []
    assert await store.next_hidden_at() == LATER
    [second] = await store.hidden_due(now=LATER, limit=5)
    assert second.tries == 1
    await store.hidden_again(second, due_at=None)
    assert await store.next_hidden_at() is None
    assert await store.is_hidden(job.id)
    assert await store.want_hidden(job.id, now=LATER)
    await store.hidden_again(second, due_at=None)  # the look that was under way meanwhile
    assert await store.hidden_due(now=LATER, limit=5) == [ToHide(job.id, LATER, 0)]


async def test_what_is_made_of_it_is_hidden_too(store: JobStore) -> None:
    """However many jobs were made from each other since; not what is beside or before it."""
    first = await answered(store, make_job())
    second = await answered(store, make_job(parent_id=first.id))
    third = await answered(store, make_job(parent_id=second.id))
    beside = await answered(store, make_job(parent_id=first.id))
    assert not await store.is_hidden(third.id, beside.id)
    await store.want_hidden(second.id, now=NOW)
    assert await store.is_hidden(third.id)
    assert await store.is_hidden(GONE, beside.id, third.id)
    assert not await store.is_hidden(beside.id)
    assert not await store.is_hidden(first.id)
