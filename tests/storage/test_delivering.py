"""The messages a job owes."""

import asyncio
from dataclasses import replace

import pytest

from storage.errors import ClaimLost, IllegalTransition
from storage.job import Delivery, Form, State, Venue, WaitsFor
from storage.store import JobStore, Lane
from tests.harness.storage.making import (
    LEASE_S,
    MESSAGE,
    NOW,
    answered,
    claimed,
    done,
    fetched,
    make_delivery,
    make_job,
    posting,
    ready,
    running,
)


async def test_the_plan_is_there_before_the_first_post(store: JobStore) -> None:
    """Planning moves the job on and writes every message down, in order, at once."""
    await answered(store, make_job())
    job = await ready(store)
    planned = [make_delivery(job, part=part) for part in (1, 2, 10)]
    job = await store.plan(job, planned, now=NOW)
    assert (job.state, job.lease_until) == (State.POSTING, NOW + LEASE_S)
    assert await store.deliveries(job.id) == planned


async def test_planning_twice_changes_nothing(store: JobStore) -> None:
    """A message that was planned, and perhaps sent, is not planned again."""
    await answered(store, make_job())
    job = await posting(store)
    (first,) = await store.deliveries(job.id)
    told = replace(first, message_id=MESSAGE, told_at=NOW, tries=1)
    await store.save_delivery(job, told)
    job = await store.plan(job, [first, make_delivery(job, part=2)], now=NOW + 1.0)
    assert await store.deliveries(job.id) == [told, make_delivery(job, part=2)]


async def test_only_an_outcome_is_planned(store: JobStore) -> None:
    """A job without an outcome has nothing to plan, and a refused plan leaves no message."""
    await answered(store, make_job())
    job = await running(store)
    with pytest.raises(IllegalTransition):
        await store.plan(job, [make_delivery(job)], now=NOW)
    assert await store.deliveries(job.id) == []


async def test_a_plan_without_the_claim_is_void(store: JobStore, other: JobStore) -> None:
    """Who does not hold the job plans nothing, not even a row."""
    await answered(store, make_job())
    job = await ready(store)
    with pytest.raises(ClaimLost):
        await other.plan(job, [make_delivery(job)], now=NOW)
    assert await fetched(store, job) == job
    assert await store.deliveries(job.id) == []


async def test_every_field_of_a_delivery_comes_back(store: JobStore) -> None:
    """What became of a message is remembered in full."""
    await answered(store, make_job())
    job = await posting(store)
    saved = Delivery(
        job_id=job.id,
        kind="r",
        part=1,
        venue=Venue.DM,
        items=(0,),
        form=Form.FITTED,
        tries=3,
        first_tried_at=NOW + 1.0,
        channel_id=MESSAGE + 1,
        message_id=MESSAGE,
        told_at=NOW + 2.0,
    )
    await store.save_delivery(job, saved)
    assert await store.deliveries(job.id) == [saved]


async def test_a_delivery_is_written_by_the_holder(store: JobStore, other: JobStore) -> None:
    """A process that lost the job no longer writes its messages."""
    await answered(store, make_job())
    job = await posting(store)
    (planned,) = await store.deliveries(job.id)
    sent = replace(planned, message_id=MESSAGE)
    with pytest.raises(ClaimLost):
        await other.save_delivery(job, sent)
    await claimed(other, Lane.TELL, now=NOW + LEASE_S)
    with pytest.raises(ClaimLost):
        await store.save_delivery(job, sent)
    assert await store.deliveries(job.id) == [planned]


async def test_a_try_needs_a_running_lease_and_its_result_does_not(store: JobStore) -> None:
    """Before a post the lease must run; what was posted is remembered however late."""
    await answered(store, make_job())
    job = await posting(store)
    (planned,) = await store.deliveries(job.id)
    with pytest.raises(ClaimLost):
        await store.save_delivery(job, replace(planned, tries=1), now=NOW + LEASE_S)
    await store.save_delivery(job, replace(planned, message_id=MESSAGE))
    assert [d.message_id for d in await store.deliveries(job.id)] == [MESSAGE]


async def test_delivering_again_is_new_messages(store: JobStore) -> None:
    """What is done can be posted again, in messages of their own; the old ones stay."""
    await answered(store, make_job())
    job = await done(store)
    again = await store.deliver_again(job.id, [make_delivery(job, "a1")], now=NOW + 5.0)
    assert again is not None
    assert (again.state, again.due_at, again.ended_at) == (State.POSTING, NOW + 5.0, None)
    assert [d.tag for d in await store.deliveries(job.id)] == ["r-1", "a1-1"]


async def test_of_two_wishes_one_is_granted(store: JobStore, other: JobStore) -> None:
    """Two clicks on "deliver again" at once are one new delivery."""
    await answered(store, make_job())
    job = await done(store)
    granted = await asyncio.gather(
        *(
            through.deliver_again(job.id, [make_delivery(job, "a1")], now=NOW)
            for through in (store, other, store)
        )
    )
    assert [wish is not None for wish in granted].count(True) == 1
    assert len(await store.deliveries(job.id)) == 2


async def test_a_message_is_never_planned_over(store: JobStore) -> None:
    """Where a message of that kind and part exists already, the wish changes nothing."""
    await answered(store, make_job())
    job = await done(store)
    planned = [make_delivery(job, "a1"), make_delivery(job, "r")]
    assert await store.deliver_again(job.id, planned, now=NOW) is None
    assert await fetched(store, job) == job
    assert [d.tag for d in await store.deliveries(job.id)] == ["r-1"]


async def test_what_waits_is_picked_up(store: JobStore) -> None:
    """A result without a venue is posted when a member picks it up."""
    await answered(store, make_job())
    job = await store.move(await posting(store), State.WAITING, now=NOW, waits_for=WaitsFor.PICKUP)
    picked = await store.deliver_again(job.id, [make_delivery(job, "a1")], now=NOW)
    assert picked is not None
    assert (picked.state, picked.waits_for) == (State.POSTING, None)


async def test_nothing_is_delivered_before_there_is_an_outcome(store: JobStore) -> None:
    """A job that is not told yet has nothing to deliver again."""
    await answered(store, make_job())
    job = await running(store)
    assert await store.deliver_again(job.id, [make_delivery(job, "a1")], now=NOW) is None
    assert await store.deliveries(job.id) == []
