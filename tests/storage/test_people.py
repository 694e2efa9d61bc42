"""Answers from outside the loop: compare-and-set."""

import asyncio

import pytest

from storage.errors import ClaimLost
from storage.job import State, WaitsFor
from storage.store import JobStore, Lane
from tests.harness.storage.making import (
    LEASE_S,
    NOW,
    answered,
    claimed,
    done,
    fetched,
    make_job,
    posting,
    ready,
    running,
    sent,
)


async def test_of_two_answers_one_counts(store: JobStore, other: JobStore) -> None:
    """Two people, or two clicks, at the same moment: one answer is taken, one is too late."""
    job = await answered(store, make_job())
    answers = await asyncio.gather(
        *(
            through.decide(job.id, from_state=State.QUEUED, to=State.CANCELLED, now=NOW)
            for through in (store, other, store, other)
        )
    )
    assert [answer is not None for answer in answers].count(True) == 1


async def test_an_answer_takes_the_row_from_its_holder(store: JobStore) -> None:
    """A step under way loses its claim to a person's answer and writes nothing more."""
    await answered(store, make_job(state=State.PREPARING))
    job = await claimed(store, Lane.PREPARE)
    assert await store.decide(job.id, from_state=State.PREPARING, to=State.CANCELLED, now=NOW)
    with pytest.raises(ClaimLost):
        await store.move(job, State.QUEUED, now=NOW)
    with pytest.raises(ClaimLost):
        await store.renew(job, until=NOW + 999.0)
    assert (await fetched(store, job)).state is State.CANCELLED


async def test_an_answer_after_the_move_is_too_late(store: JobStore) -> None:
    """A job that went on is not called off: from the create on it may cost."""
    await answered(store, make_job())
    job = await sent(store)
    late = await store.decide(job.id, from_state=State.QUEUED, to=State.CANCELLED, now=NOW)
    assert late is None
    assert await fetched(store, job) == job


async def test_an_answer_goes_to_its_question(store: JobStore) -> None:
    """An answer to one question never answers another, said or unsaid."""
    await answered(store, make_job())
    job = await sent(store)
    await store.move(job, State.WAITING, now=NOW, waits_for=WaitsFor.UNSURE)
    for question in (WaitsFor.FACE, None):
        decided = await store.decide(
            job.id,
            from_state=State.WAITING,
            to=State.CANCELLED,
            waits_for=question,
            now=NOW,
        )
        assert decided is None
    taken = await store.decide(
        job.id,
        from_state=State.WAITING,
        to=State.CREATING,
        waits_for=WaitsFor.UNSURE,
        now=NOW,
        due_at=NOW + 3.0,
    )
    assert taken is not None
    assert (taken.state, taken.waits_for, taken.due_at) == (State.CREATING, None, NOW + 3.0)


async def test_nobody_decides_about_what_nobody_saw(store: JobStore) -> None:
    """A row without a recorded answer has no buttons that could be pressed."""
    job = make_job()
    await store.insert(job)
    late = await store.decide(job.id, from_state=State.QUEUED, to=State.CANCELLED, now=NOW)
    assert late is None


async def test_following_stops_once(store: JobStore) -> None:
    """The flag is raised where a task may be in flight, once, and moves nothing."""
    job = await answered(store, make_job())
    assert await store.stop_following(job.id, now=NOW) is None
    held = await sent(store)
    stopped = await store.stop_following(job.id, now=NOW, card_wants="stopping", card_due_at=NOW)
    assert stopped is not None
    assert (stopped.state, stopped.stopped, stopped.card.wants) == (
        State.CREATING,
        True,
        "stopping",
    )
    assert await store.stop_following(job.id, now=NOW) is None
    assert (await store.move(held, State.RUNNING, now=NOW, task_id="t")).stopped


@pytest.mark.parametrize("bring", [sent, running, ready, posting])
async def test_following_stops_until_it_is_told(store: JobStore, bring: object) -> None:
    """Until the last message is there, a member can stop following."""
    assert callable(bring)
    await answered(store, make_job())
    job = await bring(store)
    assert await store.stop_following(job.id, now=NOW) is not None


async def test_following_an_ended_job_cannot_stop(store: JobStore) -> None:
    """What has been delivered can no longer be stopped."""
    await answered(store, make_job())
    job = await done(store)
    assert await store.stop_following(job.id, now=NOW) is None


async def test_a_task_id_is_stored_however_late(store: JobStore, other: JobStore) -> None:
    """An id that comes after the claim was lost still leads to the task."""
    await answered(store, make_job())
    lost = await sent(store)
    later = NOW + LEASE_S
    taken = await claimed(other, Lane.CREATE, now=later)
    with pytest.raises(ClaimLost):
        await store.move(lost, State.RUNNING, now=later, task_id="paid")
    learnt = await store.learn_task(lost.id, "paid", now=later)
    assert learnt is not None
    assert (learnt.state, learnt.task_id, learnt.due_at) == (State.RUNNING, "paid", later)
    with pytest.raises(ClaimLost):
        await other.move(taken, State.WAITING, now=later, waits_for=WaitsFor.UNSURE)
    assert await store.learn_task(lost.id, "other", now=later) is None


@pytest.mark.parametrize("sent_again", [False, True])
async def test_a_learnt_task_settles_the_doubt(store: JobStore, *, sent_again: bool) -> None:
    """An unsure job, or one about to be sent again, is running once its task is known."""
    await answered(store, make_job())
    job = await store.move(await sent(store), State.WAITING, now=NOW, waits_for=WaitsFor.UNSURE)
    if sent_again:
        await store.decide(job.id, from_state=State.WAITING, to=State.QUEUED, now=NOW)
    learnt = await store.learn_task(job.id, "paid", now=NOW)
    assert learnt is not None
    assert (learnt.state, learnt.waits_for) == (State.RUNNING, None)


async def test_an_id_for_a_job_that_went_on_is_dropped(store: JobStore) -> None:
    """A task id never replaces another and never wakes an ended job."""
    job = await answered(store, make_job())
    await store.decide(job.id, from_state=State.QUEUED, to=State.CANCELLED, now=NOW)
    assert await store.learn_task(job.id, "t", now=NOW) is None
    assert (await fetched(store, job)).task_id is None
