"""Jobs that are to go out of Discord: wished for once, due as soon as they have ended, emptied."""

import asyncio
from dataclasses import replace

import pytest

from storage.errors import ClaimLost
from storage.job import CARD_GONE, ENDED, State
from storage.store import JobStore, Lane
from tests.harness.storage.making import (
    LEASE_S,
    MESSAGE,
    NOW,
    PICTURE,
    answered,
    claimed,
    done,
    fetched,
    make_delivery,
    make_job,
    posting,
    running,
)

LATER = NOW + 100.0
WANTS = {"card_wants": CARD_GONE, "card_due_at": LATER}


async def test_of_two_wishes_one_is_noted(store: JobStore) -> None:
    """An ended job is due at once; it is no longer followed, and not listed any more."""
    await answered(store, make_job())
    job = await done(store)
    wishes = (
        store.want_gone(job, now=LATER, card_wants=CARD_GONE, card_due_at=LATER) for _ in range(2)
    )
    noted = [one for one in await asyncio.gather(*wishes) if one is not None]
    assert [(one.unwanted, one.stopped, one.state) for one in noted] == [(True, True, State.DONE)]
    assert await store.jobs_of(job.origin.user_id) == []
    found = await claimed(store, Lane.CARD, now=LATER)
    assert found.card.wants == CARD_GONE


async def test_only_what_nobody_follows_is_wished_gone(store: JobStore) -> None:
    """Of a job under way the flag comes first, and one that has moved on is looked at again."""
    await answered(store, make_job())
    job = await running(store)
    assert await store.want_gone(job, now=LATER) is None
    stopped = await store.stop_following(job.id, now=LATER)
    assert stopped is not None
    assert await store.want_gone(await fetched(store, job), now=LATER) is not None
    assert await store.want_gone(await fetched(store, job), now=LATER) is None, "it is, already"


@pytest.mark.parametrize("closed", [False, True])
async def test_the_end_makes_it_due_whatever_the_step_knew(store: JobStore, closed: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """A step that read the row before the wish ends the job: the card is due to go all the same."""
    await answered(store, make_job())
    held = await posting(store)
    if closed:
        held = await store.save(held, now=NOW, keep=True, card_shows="closed", card_due_at=None)
    await store.stop_following(held.id, now=NOW)
    assert await store.want_gone(await fetched(store, held), now=NOW) is not None
    ended = await store.move(held, State.DONE, now=LATER, card_wants="done", card_due_at=None)
    assert (ended.card.wants, ended.card.due_at) == (CARD_GONE, LATER)
    assert ended.card.token is not None, "the card may be deleted by it"
    found = await claimed(store, Lane.CARD, now=LATER)
    await store.card_shown(found, CARD_GONE, now=LATER)
    gone = await fetched(store, held)
    assert (gone.card.due_at, gone.card.token) == (None, None)


async def test_a_step_that_edits_the_card_loses_its_claim(store: JobStore) -> None:
    """Else it would note that the card wants nothing more, and nothing would be taken out."""
    await answered(store, make_job(state=State.QUEUED))
    ended = await done(store)
    card = await store.claim(Lane.CARD, now=NOW, lease_s=LEASE_S, limit=1)
    job = card[0] if card else ended
    assert await store.want_gone(await fetched(store, job), now=LATER) is not None
    with pytest.raises(ClaimLost):
        await store.card_shown(job, "done", now=LATER)


async def test_an_emptied_job_keeps_its_row_and_its_costs(store: JobStore) -> None:
    """No outcome, no inputs, another request; under the lease alone, as often as it is tried."""
    job = make_job()
    await store.insert(job, [PICTURE])
    await store.mark_answered(job.id, message_id=MESSAGE, now=NOW, due_at=NOW)
    ended = await done(store)
    with pytest.raises(ClaimLost):
        await store.empty(ended, {}, now=LATER)
    await store.want_gone(ended, now=LATER, card_wants=CARD_GONE, card_due_at=LATER)
    held = await claimed(store, Lane.CARD, now=LATER)
    for _ in range(2):
        await store.empty(held, {"model": "m", "prompt": ""}, now=LATER)
    empty = await fetched(store, job)
    assert (empty.outcome, empty.request) == (None, {"model": "m", "prompt": ""})
    assert await store.inputs(job.id) == {}
    assert empty.units_spent == ended.units_spent
    assert empty.state in ENDED


async def test_a_message_that_a_clock_ahead_has_sent_was_sent_when_its_job_is_emptied(
    store: JobStore,
) -> None:
    """So it is looked for as long as any other, not for as long as that clock was ahead."""
    await answered(store, make_job())
    held = await posting(store)
    [planned] = await store.deliveries(held.id)
    sent = replace(planned, tries=1, first_tried_at=LATER + 3_600.0, first_tried_there=NOW)
    await store.save_delivery(held, sent)
    ended = await store.move(held, State.DONE, now=NOW)
    await store.want_gone(ended, now=LATER, card_wants=CARD_GONE, card_due_at=LATER)
    await store.empty(await claimed(store, Lane.CARD, now=LATER), {}, now=LATER)
    assert await store.deliveries(held.id) == [replace(sent, first_tried_at=LATER)]
    await store.empty(await fetched(store, held), {}, now=LATER + 1.0)
    assert await store.deliveries(held.id) == [replace(sent, first_tried_at=LATER)]


async def test_a_message_that_is_gone_is_noted_once(store: JobStore) -> None:
    """Its row stays, so that its nonce stays known; nothing is owed by it."""
    await answered(store, make_job())
    ended = await done(store)
    await store.want_gone(ended, now=LATER, card_wants=CARD_GONE, card_due_at=LATER)
    held = await claimed(store, Lane.CARD, now=LATER)
    await store.note_gone(held, make_delivery(held), now=LATER)
    [delivery] = await store.deliveries(held.id)
    assert delivery.gone_at == LATER
