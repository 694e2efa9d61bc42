"""The edited card: no longer due, unless it was made to want more during the edit."""

import pytest

from storage.errors import ClaimLost
from storage.job import State
from storage.store import JobStore, Lane
from tests.harness.storage.making import NOW, TOKEN, answered, claimed, make_job, posting, running


async def test_a_card_that_shows_what_it_wants_is_no_work(store: JobStore) -> None:
    """Once the card shows what it wants it is not due, and its tries are reset."""
    await answered(store, make_job())
    job = await running(store)
    await store.save(job, now=NOW, card_wants="running", card_due_at=NOW, card_tries=2)
    card = await claimed(store, Lane.CARD)
    shown = await store.card_shown(card, "running", now=NOW)
    assert (shown.card.shows, shown.card.due_at, shown.card.tries) == ("running", None, 0)
    assert shown.lease_owner is None
    with pytest.raises(ClaimLost):
        await store.card_shown(card, "running", now=NOW)


async def test_a_wish_during_the_edit_stays_due(store: JobStore) -> None:
    """A press that changes what the card should show, while it is edited, is not forgotten."""
    await answered(store, make_job())
    job = await running(store)
    await store.save(job, now=NOW, card_wants="running", card_due_at=NOW)
    card = await claimed(store, Lane.CARD)
    await store.stop_following(card.id, now=NOW, card_wants="stopping", card_due_at=NOW)
    shown = await store.card_shown(card, "running", now=NOW)
    assert (shown.card.shows, shown.card.wants, shown.card.due_at) == ("running", "stopping", NOW)
    assert (await claimed(store, Lane.CARD)).id == job.id


async def test_the_last_card_takes_the_token(store: JobStore) -> None:
    """An ended job keeps the token until its card shows the end."""
    await answered(store, make_job())
    job = await posting(store)
    ended = await store.move(job, State.DONE, now=NOW, card_wants="done", card_due_at=NOW)
    assert ended.card.token == TOKEN
    shown = await store.card_shown(await claimed(store, Lane.CARD), "done", now=NOW)
    assert shown.card.token is None
