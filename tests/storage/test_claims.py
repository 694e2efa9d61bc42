"""Claiming: one holder at a time, what is due longest first, and nothing before it is due."""

import asyncio

import pytest
from sqlalchemy import update

from storage.claims import Due
from storage.errors import ClaimLost
from storage.job import Card, Job, Pack, State, WaitsFor
from storage.schema import jobs
from storage.store import JobStore, Lane
from tests.harness.storage.making import (
    LEASE_S,
    MESSAGE,
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

EVE = 7
CLAIMED_LANES: list[Lane] = [lane for lane in Lane if lane is not Lane.QUEUE]


async def _lanes_with_work(store: JobStore) -> set[Lane]:
    """Claim in every lane, as one loop would, without keeping anything from the others."""
    found: set[Lane] = set()
    for lane in CLAIMED_LANES:
        for job in await store.claim(lane, now=NOW, lease_s=LEASE_S, limit=9):
            found.add(lane)
            await store.save(job, now=NOW)
    if await store.next_due([Lane.QUEUE], now=NOW - 1.0) is not None:
        found.add(Lane.QUEUE)
    return found


async def test_one_claim_gets_the_row(store: JobStore, other: JobStore) -> None:
    """However many ask at once, each due row goes to exactly one of them."""
    wanted = {(await answered(store, make_job(state=State.PREPARING))).id for _ in range(12)}
    taken = await asyncio.gather(
        *(
            through.claim(Lane.PREPARE, now=NOW, lease_s=LEASE_S, limit=2)
            for _ in range(5)
            for through in (store, other)
        )
    )
    ids = [job.id for batch in taken for job in batch]
    assert sorted(ids) == sorted(wanted)


async def test_the_longest_due_comes_first(store: JobStore) -> None:
    """A claim takes what is due longest, and no more than it asked for."""
    late, early = (make_job(state=State.PREPARING, created_at=NOW + s) for s in (2.0, 1.0))
    for job in (late, early):
        await answered(store, job)
    first = await store.claim(Lane.PREPARE, now=NOW + 5.0, lease_s=LEASE_S, limit=1)
    rest = await store.claim(Lane.PREPARE, now=NOW + 5.0, lease_s=LEASE_S, limit=5)
    assert [job.id for job in first + rest] == [early.id, late.id]


async def test_nothing_is_claimed_before_it_is_due(store: JobStore) -> None:
    """A row is claimed from its due moment on and not before."""
    await answered(store, make_job(state=State.PREPARING, created_at=NOW))
    assert await store.claim(Lane.PREPARE, now=NOW - 0.5, lease_s=LEASE_S, limit=1) == []
    assert len(await store.claim(Lane.PREPARE, now=NOW, lease_s=LEASE_S, limit=1)) == 1


async def test_a_lease_holds_until_it_ends(store: JobStore, other: JobStore) -> None:
    """A claimed row belongs to one process until the lease ends; then its holder has lost it."""
    await answered(store, make_job(state=State.PREPARING))
    held = await claimed(store, Lane.PREPARE)
    ends = NOW + LEASE_S
    assert await other.claim(Lane.PREPARE, now=ends - 0.1, lease_s=LEASE_S, limit=1) == []
    taken = await claimed(other, Lane.PREPARE, now=ends)
    with pytest.raises(ClaimLost):
        await store.move(held, State.QUEUED, now=ends)
    with pytest.raises(ClaimLost):
        await store.renew(held, until=ends + LEASE_S)
    assert (await other.move(taken, State.QUEUED, now=ends)).state is State.QUEUED


async def test_a_renewed_lease_holds_longer(store: JobStore, other: JobStore) -> None:
    """Renewing moves the end of the lease."""
    await answered(store, make_job(state=State.PREPARING))
    held = await claimed(store, Lane.PREPARE)
    await store.renew(held, until=NOW + 2 * LEASE_S)
    later = NOW + LEASE_S + 1.0
    assert await other.claim(Lane.PREPARE, now=later, lease_s=LEASE_S, limit=1) == []
    assert await store.next_due([Lane.PREPARE], now=later) == NOW + 2 * LEASE_S


async def test_each_state_waits_in_its_lane(store: JobStore) -> None:
    """A due job is found by the lane of its state, and by no other."""

    async def found(job: Job) -> set[Lane]:
        lanes = await _lanes_with_work(store)
        assert (await fetched(store, job)).lease_owner is None
        return lanes

    unanswered = make_job(state=State.PREPARING)
    await store.insert(unanswered)
    assert await found(unanswered) == {Lane.SETTLE}
    await store.mark_answered(unanswered.id, message_id=MESSAGE, now=NOW, due_at=NOW)
    assert await found(unanswered) == {Lane.PREPARE}
    job = await claimed(store, Lane.PREPARE)
    job = await store.move(
        job, State.WAITING, now=NOW, keep=True, waits_for=WaitsFor.FACE, waits_until=NOW
    )
    await store.save(job, now=NOW)
    assert await found(job) == {Lane.ASK}
    job = await store.move(await claimed(store, Lane.ASK), State.QUEUED, now=NOW)
    assert await found(job) == {Lane.QUEUE}
    await store.save(await sent(store), now=NOW)
    assert await found(job) == {Lane.CREATE}
    job = await claimed(store, Lane.CREATE)
    await store.move(job, State.RUNNING, now=NOW, task_id="t")
    assert await found(job) == {Lane.POLL}
    job = await store.move(await claimed(store, Lane.POLL), State.READY, now=NOW, outcome={})
    assert await found(job) == {Lane.TELL}
    job = await store.plan(await claimed(store, Lane.TELL), [], now=NOW, keep=False)
    assert await found(job) == {Lane.TELL}
    job = await store.move(await claimed(store, Lane.TELL), State.DONE, now=NOW)
    assert await found(job) == set()


async def test_a_late_result_is_still_looked_for(store: JobStore) -> None:
    """A job that was given up is polled again at its due moment, after it was told."""
    await answered(store, make_job())
    job = await running(store)
    told = await store.move(job, State.READY, now=NOW, keep=True, gave_up=True, outcome={})
    told = await store.plan(told, [], now=NOW)
    await store.move(told, State.DONE, now=NOW, due_at=NOW + 100.0)
    assert await store.next_due([Lane.POLL], now=NOW) == NOW + 100.0
    late = await claimed(store, Lane.POLL, now=NOW + 100.0)
    assert (late.state, late.gave_up) == (State.DONE, True)


async def test_a_card_is_work_in_any_state(store: JobStore) -> None:
    """A card that is owed an edit is due on its own, whatever its job is waiting for."""
    await answered(store, make_job())
    job = await running(store)
    await store.save(job, now=NOW, due_at=NOW + 500.0, card_wants="running", card_due_at=NOW + 1.0)
    assert await store.next_due([Lane.CARD, Lane.POLL], now=NOW) == NOW + 1.0
    card = await claimed(store, Lane.CARD, now=NOW + 1.0)
    await store.save(card, now=NOW + 1.0, card_shows="running", card_due_at=None)
    assert await store.next_due([Lane.CARD, Lane.POLL], now=NOW) == NOW + 500.0


async def test_a_question_without_an_end_is_nobodys_work(store: JobStore) -> None:
    """A question that waits for a person alone is never due."""
    await answered(store, make_job())
    await store.move(await sent(store), State.WAITING, now=NOW, waits_for=WaitsFor.UNSURE)
    assert await store.next_due(list(Lane), now=NOW) is None
    assert await store.claim(Lane.ASK, now=NOW + 1e9, lease_s=LEASE_S, limit=1) == []


async def test_the_queue_is_not_claimed_like_the_rest(store: JobStore) -> None:
    """Queued rows need a slot, so the plain claim refuses them."""
    with pytest.raises(ValueError, match="claim_queued"):
        await store.claim(Lane.QUEUE, now=NOW, lease_s=LEASE_S, limit=1)


async def test_now_is_never_said_in_vain(store: JobStore) -> None:
    """Where a lane says that a row is due now, claiming it finds one; afterwards it says later."""
    await store.insert(make_job(state=State.PREPARING))
    await answered(store, make_job(state=State.PREPARING))
    for bring in (sent, running, ready, posting, done):
        await answered(store, make_job())
        job = await bring(store)
        if job.lease_owner is not None:
            await store.save(job, now=NOW, card_wants="more", card_due_at=NOW)
    await answered(store, make_job())
    waiting = await store.move(
        await claimed_preparing(store),
        State.WAITING,
        now=NOW,
        waits_for=WaitsFor.FACE,
        waits_until=NOW,
    )
    assert waiting.due_at == NOW
    for job in await store.list_jobs():
        await store.star(job.id, EVE, wanted=1, now=NOW)
    let_go = update(jobs).values(lease_owner=None, lease_until=None)
    for lane in CLAIMED_LANES:
        assert await store.next_due([lane], now=NOW) == NOW
        taken = await store.claim(lane, now=NOW, lease_s=LEASE_S, limit=99)
        assert taken, lane
        later = await store.next_due([lane], now=NOW)
        assert later is not None
        assert later > NOW
        await store._connections.write(lambda here: here.execute(let_go).close())


async def claimed_preparing(store: JobStore) -> Job:
    await answered(store, make_job(state=State.PREPARING, created_at=NOW - 9.0))
    (job,) = await store.claim(Lane.PREPARE, now=NOW, lease_s=LEASE_S, limit=1)
    return await store.save(job, now=NOW, keep=True, due_at=NOW)


async def test_no_lanes_are_never_due(store: JobStore) -> None:
    """Asking for no lane gives no moment."""
    await answered(store, make_job())
    assert await store.next_due([], now=NOW) is None
    assert await store.lanes_due([], now=NOW) == set()


async def test_packs_of_the_queue_that_are_due(store: JobStore) -> None:
    """Of the queue, the packs are named whose rows may go now, and no others."""
    nothing = Due(set(), set())
    for pack in (Pack.VIDEO, Pack.AUDIO):
        await answered(store, make_job(state=State.QUEUED, pack=pack))
    assert await store.due([Lane.QUEUE], now=NOW - 1.0) == nothing
    both = Due({Lane.QUEUE}, {Pack.VIDEO, Pack.AUDIO})
    assert await store.due(list(Lane), now=NOW) == both
    await store.claim_queued(Pack.VIDEO, total_slots=1, now=NOW, lease_s=LEASE_S, limit=1)
    assert await store.due([Lane.QUEUE], now=NOW) == Due({Lane.QUEUE}, {Pack.AUDIO})
    assert await store.due([Lane.QUEUE], now=NOW + LEASE_S) == both
    assert await store.due([Lane.PREPARE], now=NOW) == nothing


async def test_lanes_that_are_due(store: JobStore) -> None:
    """A lane is due while it has a row that a claim would take, and at no other time."""
    await answered(store, make_job(state=State.PREPARING))
    assert await store.lanes_due(list(Lane), now=NOW - 1.0) == set()
    assert await store.lanes_due(list(Lane), now=NOW) == {Lane.PREPARE}
    await claimed(store, Lane.PREPARE)
    assert await store.lanes_due(list(Lane), now=NOW) == set()
    assert await store.lanes_due(list(Lane), now=NOW + LEASE_S) == {Lane.PREPARE}


async def test_the_card_of_an_unanswered_job_is_nobodys(store: JobStore) -> None:
    """Before the answer there is no card to edit."""
    job = make_job(state=State.PREPARING)
    await store.insert(job)
    assert job.card == Card(token=job.card.token, token_until=job.card.token_until, wants="queued")
    assert await store.next_due([Lane.CARD], now=NOW + 1e6) is None
