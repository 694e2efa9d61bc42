"""Entering and leaving."""

import asyncio
from dataclasses import replace

import pytest

from storage.errors import ClaimLost, DayLimitReached, DuplicateInteraction
from storage.job import Job, Pack, State
from storage.limits import Limits
from storage.store import JobStore, Lane
from tests.harness.storage.making import (
    LEASE_S,
    MESSAGE,
    NOW,
    PICTURE,
    SOUND,
    URL,
    answered,
    claimed,
    fetched,
    make_job,
)

DAY_S = 86_400.0


async def test_a_job_comes_back_as_it_went_in(store: JobStore) -> None:
    """Every field of a job survives the trip through the database."""
    parent = make_job()
    await store.insert(parent)
    job = make_job(
        sources={"video": URL},
        result_urls=(URL, URL),
        question={"faces": [{"id": "1"}]},
        outcome={"media": []},
        parent_id=parent.id,
        callback_key="key",
        expected_at=NOW + 30.5,
        late=True,
    )
    await store.insert(job)
    assert await store.get(job.id) == job
    assert await store.by_callback_key("key") == job


async def test_inputs_come_with_their_job(store: JobStore) -> None:
    """Inputs are committed with the job and come back byte for byte."""
    job = make_job()
    await store.insert(job, [PICTURE, SOUND])
    assert await store.inputs(job.id) == {"image": PICTURE, "audio": SOUND}


async def test_an_interaction_is_one_job(store: JobStore, other: JobStore) -> None:
    """An interaction that arrives twice, here or elsewhere, is one job, and the first stays."""
    first = make_job()
    await store.insert(first)
    for again in (store, other):
        with pytest.raises(DuplicateInteraction):
            await again.insert(make_job(interaction_id=first.origin.interaction_id))
    assert await store.list_jobs() == [first]


async def test_a_replay_is_no_limit_reached(store: JobStore) -> None:
    """The interaction that filled the day, delivered again, is called a duplicate."""
    job = make_job()
    await store.insert(job, limits=Limits(1, day_starts=NOW - 10.0))
    with pytest.raises(DuplicateInteraction):
        await store.insert(
            make_job(interaction_id=job.origin.interaction_id),
            limits=Limits(1, day_starts=NOW - 10.0),
        )


async def test_a_duplicate_leaves_no_inputs(store: JobStore) -> None:
    """A refused job leaves nothing, not even its inputs."""
    first = make_job()
    await store.insert(first)
    second = make_job(interaction_id=first.origin.interaction_id)
    with pytest.raises(DuplicateInteraction):
        await store.insert(second, [PICTURE])
    assert await store.inputs(second.id) == {}


async def test_the_day_has_a_limit(store: JobStore) -> None:
    """A member gets as many jobs a day as allowed, and is told how many were used."""
    for _ in range(2):
        await answered(store, make_job())
    with pytest.raises(DayLimitReached) as refusal:
        await store.insert(make_job(), limits=Limits(2, day_starts=NOW - 10.0))
    assert (refusal.value.used, refusal.value.limit) == (2, 2)
    await store.insert(make_job(user_id=8), limits=Limits(2, day_starts=NOW - 10.0))
    await store.insert(make_job(created_at=NOW + DAY_S), limits=Limits(2, day_starts=NOW + DAY_S))


async def test_what_nobody_saw_stops_counting(store: JobStore) -> None:
    """A row without an answer counts towards the day for a minute and no longer."""
    await store.insert(make_job())
    with pytest.raises(DayLimitReached):
        await store.insert(make_job(created_at=NOW + 59.0), limits=Limits(1, day_starts=NOW - 10.0))
    await store.insert(make_job(created_at=NOW + 61.0), limits=Limits(1, day_starts=NOW - 10.0))


async def test_commands_at_once_share_the_limit(store: JobStore, other: JobStore) -> None:
    """However many commands of a member race, exactly as many pass as the day allows."""

    async def insert(through: JobStore, job: Job) -> bool:
        try:
            await through.insert(job, limits=Limits(3, day_starts=NOW - 10.0))
        except DayLimitReached:
            return False
        return True

    passed = await asyncio.gather(
        *(insert(through, make_job()) for _ in range(6) for through in (store, other))
    )
    assert sum(passed) == 3
    assert len(await store.list_jobs()) == 3


async def test_an_answer_is_recorded_once(store: JobStore) -> None:
    """The first record of the answer counts; the card then shows what it wanted."""
    job = make_job()
    await store.insert(job)
    assert await store.mark_answered(job.id, message_id=MESSAGE, now=NOW, due_at=NOW + 1.0)
    assert not await store.mark_answered(job.id, message_id=1, now=NOW + 9.0, due_at=NOW)
    found = await fetched(store, job)
    assert (found.card.message_id, found.card.answered_at) == (MESSAGE, NOW)
    assert (found.card.shows, found.card.wants, found.card.due_at) == ("queued", "queued", None)
    assert found.due_at == NOW + 1.0


async def test_recording_an_answer_ends_the_settling(store: JobStore) -> None:
    """A row that was being settled is free again once its answer is recorded."""
    job = make_job(state=State.PREPARING)
    await store.insert(job)
    settling = await claimed(store, Lane.SETTLE)
    assert settling.id == job.id
    await store.mark_answered(job.id, message_id=MESSAGE, now=NOW, due_at=NOW)
    assert (await claimed(store, Lane.PREPARE)).id == job.id


async def test_only_the_unanswered_is_withdrawn(store: JobStore) -> None:
    """A row can be withdrawn, with its inputs, until the member saw the card, and never after."""
    unseen, seen = make_job(), make_job()
    await store.insert(unseen, [PICTURE])
    await answered(store, seen)
    assert await store.withdraw(unseen.id)
    assert not await store.withdraw(unseen.id)
    assert not await store.withdraw(seen.id)
    assert await store.get(unseen.id) is None
    assert await store.inputs(unseen.id) == {}
    assert not await store.mark_answered(unseen.id, message_id=1, now=NOW, due_at=NOW)
    assert await store.get(seen.id) is not None


async def test_an_answer_and_a_withdrawal_exclude_each_other(
    store: JobStore, other: JobStore
) -> None:
    """Of an answer and a withdrawal at the same moment exactly one happens."""
    for _ in range(8):
        job = make_job()
        await store.insert(job)
        recorded, withdrawn = await asyncio.gather(
            store.mark_answered(job.id, message_id=1, now=NOW, due_at=NOW),
            other.withdraw(job.id),
        )
        assert recorded is not withdrawn
        assert (await store.get(job.id) is not None) is recorded


async def test_inputs_are_put_under_the_lease(store: JobStore, other: JobStore) -> None:
    """Fetched inputs are stored, or replaced, by the holder of the row only."""
    await answered(store, make_job(state=State.PREPARING))
    job = await claimed(store, Lane.PREPARE)
    await store.put_inputs(job, [PICTURE])
    smaller = replace(PICTURE, data=b"smaller")
    await store.put_inputs(job, [smaller, SOUND])
    assert await store.inputs(job.id) == {"image": smaller, "audio": SOUND}
    with pytest.raises(ClaimLost):
        await other.put_inputs(job, [PICTURE])
    later = NOW + LEASE_S
    assert len(await other.claim(Lane.PREPARE, now=later, lease_s=LEASE_S, limit=1)) == 1
    with pytest.raises(ClaimLost):
        await store.put_inputs(job, [PICTURE])
    assert await store.inputs(job.id) == {"image": smaller, "audio": SOUND}


async def test_a_job_learns_its_place_as_it_enters(store: JobStore) -> None:
    """Jobs that enter in one transaction stand in their packs' lines in their order."""
    packs = (Pack.VIDEO, Pack.VIDEO, Pack.IMAGE, Pack.VIDEO)
    jobs = [make_job(pack=pack, created_at=NOW + s) for s, pack in enumerate(packs)]
    jobs.append(make_job(state=State.PREPARING))
    assert await asyncio.gather(*map(store.insert, jobs)) == [1, 2, 1, 3, None]
    assert await store.insert(make_job(created_at=NOW + 9.0), [PICTURE]) == 4


async def test_a_bad_neighbour_costs_nobody_a_place(store: JobStore) -> None:
    """Of jobs that enter together, one that is known already is told so and the others enter."""
    known = make_job()
    await store.insert(known)
    twice = make_job(interaction_id=known.origin.interaction_id)
    others = [make_job(created_at=NOW + s) for s in (1.0, 2.0)]
    results = await asyncio.gather(
        *map(store.insert, [others[0], twice, others[1]]), return_exceptions=True
    )
    assert isinstance(results[1], DuplicateInteraction)
    assert results[::2] == [2, 3]
    assert len(await store.list_jobs()) == 3


async def test_only_the_first_answer_counts(store: JobStore) -> None:
    """Of two answers recorded together, one is told that it was the first."""
    job = make_job()
    await store.insert(job)
    recorded = await asyncio.gather(
        *(store.mark_answered(job.id, message_id=m, now=NOW, due_at=NOW) for m in (1, 2))
    )
    assert recorded == [True, False]
    assert (await fetched(store, job)).card.message_id == 1
