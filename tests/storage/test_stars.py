"""Stars: whose count, when a copy is owed, and what is left when a job is deleted."""

import asyncio
from dataclasses import replace

import pytest

from storage.job import Delivery, Job, Venue
from storage.store import JobStore, Lane
from tests.harness.storage.making import (
    LEASE_S,
    MEMBER,
    NOW,
    SERVER,
    answered,
    claimed,
    done,
    make_job,
)

EVE, BOB = MEMBER + 1, MEMBER + 2
WALL, COPY = 77, 78


async def finished(store: JobStore) -> Job:
    await answered(store, make_job())
    return await done(store)


async def starred(store: JobStore, job: Job, user: int, wanted: int = 2) -> tuple[int, bool]:
    """Return how many stars count after this press, and whether a copy is owed."""
    pressed = await store.star(job.id, user, wanted=wanted, now=NOW)
    assert pressed is not None
    assert pressed.own is (user == MEMBER)
    return pressed.count, pressed.owed


async def copied(store: JobStore, *, told: bool) -> Delivery:
    """Post the copy that is owed, or try to."""
    held = await claimed(store, Lane.SHOW)
    row = Delivery(held.id, "s", 0, Venue.CHANNEL, (0,), channel_id=WALL)
    [owed] = await store.owe_all(held, [row], now=NOW)
    tried = replace(owed, tries=1, first_tried_at=NOW, first_tried_there=NOW)
    if told:
        tried = replace(tried, message_id=COPY, told_at=NOW)
    await store.save_delivery(held, tried)
    await store.save(held, now=NOW, show_due_at=None if told else NOW + 60.0)
    return tried


async def test_different_members_count_and_not_the_requester(store: JobStore) -> None:
    """A second press takes a star back; the requester's is kept apart."""
    job = await finished(store)
    assert await starred(store, job, EVE) == (1, False)
    assert await starred(store, job, EVE) == (0, False)
    assert await starred(store, job, EVE) == (1, False)
    assert await starred(store, job, MEMBER) == (1, False)
    assert await store.has_star_of(job.id, MEMBER)
    assert await store.next_due([Lane.SHOW], now=NOW) is None
    assert await starred(store, job, BOB) == (2, True)
    assert await store.next_due([Lane.SHOW], now=NOW) == NOW


async def test_of_many_at_once_one_copy_is_owed(store: JobStore, other: JobStore) -> None:
    """Two processes, ten members: the number is right, and one claim finds it."""
    job = await finished(store)
    presses = [
        through.star(job.id, EVE + number, wanted=10, now=NOW)
        for number, through in zip(range(10), (store, other) * 5, strict=True)
    ]
    told = await asyncio.gather(*presses)
    assert sorted(one.count for one in told if one) == [*range(1, 11)]
    assert [one.owed for one in told if one].count(True) == 1
    assert (await claimed(store, Lane.SHOW)).id == job.id
    assert await other.claim(Lane.SHOW, now=NOW, lease_s=LEASE_S, limit=9) == []


async def test_it_is_owed_once_ever(store: JobStore) -> None:
    """Once a copy is there, no star brings another one, however often they go on and off."""
    job = await finished(store)
    await starred(store, job, EVE, wanted=1)
    await copied(store, told=True)
    for user in (EVE, EVE, BOB):
        _, owed = await starred(store, job, user, wanted=1)
        assert owed
    assert await store.next_due([Lane.SHOW], now=NOW) is None


async def test_a_job_that_is_to_go_takes_no_star(store: JobStore) -> None:
    """Nor is its copy posted any more: nobody would take it out again."""
    job = await finished(store)
    await starred(store, job, EVE, wanted=1)
    assert await store.want_gone(job, now=NOW) is not None
    assert await store.next_due([Lane.SHOW], now=NOW) is None
    assert await store.star(job.id, BOB, wanted=1, now=NOW) is None
    assert await store.star("unknown", BOB, wanted=1, now=NOW) is None


@pytest.mark.parametrize("told", [True, False])
async def test_the_copy_of_a_forgotten_member_is_remembered(store: JobStore, *, told: bool) -> None:
    """Whether it was told of or may be there: where it lies, and since when; not whose it was."""
    job = await finished(store)
    await starred(store, job, EVE, wanted=1)
    await copied(store, told=told)
    assert await store.forget_member(MEMBER, now=NOW) == 1
    [left] = await store.leftovers_due(now=NOW, limit=9)
    assert (left.channel_id, left.delivery.job_id, left.delivery.tag) == (WALL, job.id, "s-0")
    assert left.delivery.message_id == (COPY if told else None)
    assert left.delivery.first_tried_there == NOW
    assert left.after_id == job.card.message_id
    await store.leftover_again(left, due_at=NOW + 9.0)
    assert await store.leftovers_due(now=NOW, limit=9) == []
    assert await store.next_leftover_at() == NOW + 9.0
    await store.leftover_gone(left)
    assert await store.next_leftover_at() is None


async def aged(store: JobStore) -> None:
    """Delete every job by its age."""
    assert await store.purge(now=NOW + 99.0, inputs_older_s=1.0, jobs_older_s=1.0)
    assert await store.list_jobs() == []


@pytest.mark.parametrize("told", [True, False])
async def test_what_is_deleted_by_age_stays_until_its_author_takes_it_back(
    store: JobStore, *, told: bool
) -> None:
    """As results stay in their channels; then for its author and that server's moderators alone."""
    job = await finished(store)
    await starred(store, job, EVE, wanted=1)
    await copied(store, told=told)
    await aged(store)
    assert await store.next_leftover_at() is None
    for user, moderates in ((EVE, None), (EVE, SERVER + 1)):
        taken = await store.take_copies_back(job.id, user, moderates=moderates, now=NOW)
        assert taken is False
    assert await store.next_leftover_at() is None
    assert (await store.take_copies_back("unknown", MEMBER, moderates=SERVER, now=NOW)) is None
    user, moderates = (MEMBER, None) if told else (EVE, SERVER)
    presses = [store.take_copies_back(job.id, user, moderates=moderates, now=NOW) for _ in range(2)]
    assert set(await asyncio.gather(*presses)) == {True, None}
    [left] = await store.leftovers_due(now=NOW, limit=9)
    assert (left.channel_id, left.delivery.job_id, left.delivery.tag) == (WALL, job.id, "s-0")
    assert left.delivery.message_id == (COPY if told else None)
    assert left.delivery.first_tried_there == NOW
    assert left.after_id == job.card.message_id
    assert (await store.personal_data(MEMBER))["showcased"] == []


async def test_what_is_deleted_by_age_goes_with_whose_words_are_in_it(store: JobStore) -> None:
    """Its author's, or those of a member whose job it was made of; nobody else's."""
    first = await finished(store)
    await answered(store, replace(make_job(user_id=EVE), parent_id=first.id))
    job = await done(store)
    assert await store.star(job.id, BOB, wanted=1, now=NOW) is not None
    await copied(store, told=True)
    await aged(store)
    for member, rows in ((MEMBER, 1), (EVE, 1), (BOB, 0)):
        assert len((await store.personal_data(member))["showcased"]) == rows
    refused = await store.take_copies_back(job.id, MEMBER, moderates=None, now=NOW)
    assert refused is False, "it is not theirs"
    await store.forget_member(BOB, now=NOW)
    assert await store.next_leftover_at() is None
    await store.forget_member(MEMBER, now=NOW)
    [left] = await store.leftovers_due(now=NOW, limit=9)
    assert left.delivery.message_id == COPY
    assert (await store.personal_data(EVE))["showcased"] == []


async def test_a_forgotten_server_keeps_its_showcase(store: JobStore) -> None:
    """Nothing is deleted there, and where its copies are is forgotten."""
    job = await finished(store)
    await starred(store, job, EVE, wanted=1)
    await copied(store, told=True)
    await aged(store)
    await store.forget_server(SERVER, now=NOW)
    assert await store.take_copies_back(job.id, MEMBER, moderates=None, now=NOW) is None
    assert await store.next_leftover_at() is None


async def test_a_copy_that_is_to_go_goes_after_its_job(store: JobStore) -> None:
    """It was to be deleted, and Discord had not done so by the time its job was too old."""
    job = await finished(store)
    await starred(store, job, EVE, wanted=1)
    await copied(store, told=True)
    assert await store.want_gone(job, now=NOW) is not None
    await aged(store)
    [left] = await store.leftovers_due(now=NOW + 99.0, limit=9)
    assert left.delivery.message_id == COPY
    assert await store.take_copies_back(job.id, MEMBER, moderates=None, now=NOW) is None


async def test_a_forgotten_members_stars_go(store: JobStore) -> None:
    """They count no more; what is owed by then is posted all the same."""
    job = await finished(store)
    await starred(store, job, EVE, wanted=9)
    await store.forget_member(EVE, now=NOW)
    assert await starred(store, job, BOB, wanted=9) == (1, False)


async def test_managers_who_change_something_have_it_tried_again(store: JobStore) -> None:
    """What waits in their server is due now; in another it is not."""
    job = await finished(store)
    await starred(store, job, EVE, wanted=1)
    held = await claimed(store, Lane.SHOW)
    await store.save(held, now=NOW, show_due_at=NOW + 999.0, show_tries=4)
    await store.try_showcase_again(SERVER + 1, now=NOW)
    assert await store.next_due([Lane.SHOW], now=NOW) == NOW + 999.0
    await store.try_showcase_again(SERVER, now=NOW)
    again = await claimed(store, Lane.SHOW)
    assert (again.id, again.show_tries) == (job.id, 0)
