"""How a step ends: what its card shows by now, and the row that it lets go."""

from dataclasses import replace

import pytest

from storage.errors import ClaimLost
from storage.job import Job, State
from storage.store import JobStore, Lane
from tests.harness.storage.making import (
    LEASE_S,
    NOW,
    TOKEN,
    answered,
    claimed,
    fetched,
    make_job,
    posting,
    running,
)


async def editing(store: JobStore) -> Job:
    """Hold a running job whose card is due, as the step that edits it does."""
    await answered(store, make_job())
    job = await running(store)
    await store.save(job, now=NOW, card_wants="late", card_due_at=NOW)
    return await claimed(store, Lane.CARD)


async def test_a_card_that_shows_what_it_wants_is_no_longer_due(store: JobStore) -> None:
    """The edit is recorded, its failures are forgotten, and the row is free."""
    job = await editing(store)
    after = await store.card_shown(job, "late", now=NOW)
    assert (after.card.shows, after.card.due_at, after.card.tries) == ("late", None, 0)
    assert after.lease_owner is None


async def test_a_card_that_wants_more_by_now_stays_due(store: JobStore) -> None:
    """A press while the card was edited is not swallowed by the end of that edit."""
    job = await editing(store)
    await store.stop_following(job.id, now=NOW, card_wants="stopping", card_due_at=NOW + 1)
    after = await store.card_shown(job, "late", now=NOW)
    assert (after.card.shows, after.card.wants) == ("late", "stopping")
    assert after.card.due_at == NOW + 1


async def test_the_last_edit_takes_the_token(store: JobStore) -> None:
    """An ended job keeps its token as long as its card is owed something, and no longer."""
    await answered(store, make_job())
    job = await posting(store)
    await store.move(job, State.DONE, now=NOW, card_wants="done", card_due_at=NOW)
    card = await claimed(store, Lane.CARD)
    assert card.card.token == TOKEN
    assert (await store.card_shown(card, "late", now=NOW)).card.token == TOKEN
    card = await claimed(store, Lane.CARD)
    assert (await store.card_shown(card, "done", now=NOW)).card.token is None


async def test_who_lost_the_row_records_no_card(store: JobStore, other: JobStore) -> None:
    """A row held by another process is that process's to write."""
    job = await editing(store)
    await claimed(other, Lane.CARD, now=NOW + 2 * LEASE_S)
    with pytest.raises(ClaimLost):
        await store.card_shown(job, "late", now=NOW)


async def test_a_row_that_is_let_go_is_free_at_once(store: JobStore, other: JobStore) -> None:
    """Nothing else about it changes."""
    job = await editing(store)
    await store.let_go(job)
    assert await fetched(store, job) == replace(job, lease_owner=None, lease_until=None)
    assert (await claimed(other, Lane.CARD)).id == job.id


async def test_letting_go_takes_nothing_from_anybody(store: JobStore, other: JobStore) -> None:
    """A row that another process has claimed by now stays claimed."""
    job = await editing(store)
    theirs = await claimed(other, Lane.CARD, now=NOW + 2 * LEASE_S)
    await store.let_go(job)
    assert await fetched(store, job) == theirs
