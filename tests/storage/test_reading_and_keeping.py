"""What can be asked of the store, and what it forgets."""

from dataclasses import replace

import pytest

from storage.job import Pack, State, StoredInput, WaitsFor
from storage.store import JobStore, Lane
from tests.harness.storage.making import (
    LEASE_S,
    NOW,
    PICTURE,
    TOKEN,
    answered,
    done,
    fetched,
    make_delivery,
    make_job,
    posting,
    ready,
    running,
)

DAY_S = 86_400.0
NEVER_S = 1e9


async def test_a_member_sees_the_own_jobs(store: JobStore) -> None:
    """Members find their own answered jobs, newest first, wherever they asked."""
    old = await answered(store, make_job())
    new = await answered(store, make_job(created_at=NOW + 1.0))
    elsewhere = await answered(store, make_job(created_at=NOW + 2.0, guild_id=None))
    await answered(store, make_job(user_id=8))
    await store.insert(make_job())
    member = old.origin.user_id
    assert await store.jobs_of(member) == [elsewhere, new, old]
    assert await store.jobs_of(member, limit=1) == [elsewhere]


async def test_jobs_are_listed_and_counted_by_state(store: JobStore) -> None:
    """An operator lists jobs by state and sees how many are in each."""
    await answered(store, make_job(created_at=NOW - 9.0))
    runs = await running(store)
    waits = await answered(store, make_job())
    assert await store.list_jobs() == [waits, runs]
    assert await store.list_jobs(states=[State.RUNNING]) == [runs]
    assert await store.list_jobs(limit=1) == [waits]
    counts = await store.counts()
    assert counts == dict.fromkeys(State, 0) | {State.RUNNING: 1, State.QUEUED: 1}


async def test_the_place_in_the_line(store: JobStore) -> None:
    """A job knows its place in its own pack's line, before and while it stands in it."""
    jobs = [await answered(store, make_job(created_at=NOW + s)) for s in (0.0, 0.0, 5.0)]
    head, second = sorted(jobs[:2], key=lambda job: job.id)
    assert [await store.place_in_queue(job) for job in (head, second, jobs[2])] == [1, 2, 3]
    assert await store.place_in_queue(make_job(state=State.PREPARING)) == 4
    other = await answered(store, make_job(state=State.PREPARING, created_at=NOW + 9.0))
    mine = await store.jobs_and_places_of(head.origin.user_id, limit=4)
    assert mine == [(other, None), (jobs[2], 3), (head, 1), (second, 2)]
    assert await store.jobs_and_places_of(1, limit=4) == []


async def test_an_empty_key_is_nobodys(store: JobStore) -> None:
    """A job without a callback key cannot be found by the lack of one."""
    await answered(store, make_job())
    assert await store.by_callback_key("") is None
    assert await store.by_callback_key("unknown") is None


async def test_facts_outlive_the_process(store: JobStore, other: JobStore) -> None:
    """A small fact is stored for every process, and a new value replaces the old."""
    assert await store.fact("paused") is None
    await store.set_fact("paused", "yes")
    await other.set_fact("paused", "no")
    assert await store.fact("paused") == "no"


async def test_old_inputs_go_before_their_jobs(store: JobStore) -> None:
    """Inputs are forgotten some days after the end, the job itself later, its messages with it."""
    job = make_job()
    await store.insert(job, [PICTURE])
    await store.mark_answered(job.id, message_id=1, now=NOW, due_at=NOW)
    await done(store)

    async def purge(days: float) -> int:
        return await store.purge(
            now=NOW + days * DAY_S, inputs_older_s=7 * DAY_S, jobs_older_s=90 * DAY_S
        )

    assert await purge(6.9) == 0
    assert await store.inputs(job.id) == {"image": PICTURE}
    assert await purge(7.0) == 0
    assert await store.inputs(job.id) == {}
    assert await purge(89.9) == 0
    assert await store.get(job.id) is not None
    assert await purge(90.0) == 1
    assert await store.get(job.id) is None
    assert await store.deliveries(job.id) == []


async def test_an_input_of_no_more_use_goes_by_itself(store: JobStore) -> None:
    """At its moment, whatever its job is doing; the others stay."""
    link = StoredInput("video", "text/uri-list", b"https://a.example", {}, until=NOW + DAY_S)
    job = make_job()
    await store.insert(job, [PICTURE, link])
    for now, kept in ((NOW + DAY_S - 1, [PICTURE, link]), (NOW + DAY_S, [PICTURE])):
        await store.purge(now=now, inputs_older_s=7 * DAY_S, jobs_older_s=90 * DAY_S)
        assert list((await store.inputs(job.id)).values()) == kept


async def test_open_jobs_are_never_purged(store: JobStore) -> None:
    """A job that has not ended is kept with its inputs, however old."""
    job = make_job()
    await store.insert(job, [PICTURE])
    await store.mark_answered(job.id, message_id=1, now=NOW, due_at=NOW)
    pickup = await posting(store)
    await store.move(pickup, State.WAITING, now=NOW, waits_for=WaitsFor.PICKUP)
    assert await store.purge(now=NOW + NEVER_S, inputs_older_s=0.0, jobs_older_s=0.0) == 0
    assert await store.inputs(job.id) == {"image": PICTURE}


async def test_what_may_still_come_is_not_purged(store: JobStore) -> None:
    """A job whose late result is still looked for, or that is claimed, is kept."""
    await answered(store, make_job())
    told = await store.plan(await ready(store), [], now=NOW)
    await store.move(told, State.DONE, now=NOW, gave_up=True, due_at=NOW)
    assert await store.purge(now=NOW + 1.0, inputs_older_s=0.0, jobs_older_s=0.0) == 0
    (job,) = await store.claim(Lane.POLL, now=NOW, lease_s=LEASE_S, limit=1)
    job = await store.save(job, now=NOW, keep=True, due_at=None)
    assert await store.purge(now=NOW + 1.0, inputs_older_s=0.0, jobs_older_s=0.0) == 0
    await store.save(job, now=NOW)
    assert await store.purge(now=NOW + 1.0, inputs_older_s=0.0, jobs_older_s=0.0) == 1


async def test_delivering_again_counts_from_the_new_end(store: JobStore) -> None:
    """A job that was posted again is as old as its last end."""
    await answered(store, make_job())
    job = await done(store)
    await store.deliver_again(job.id, [make_delivery(job, "a1")], now=NOW + 50.0)
    (job,) = await store.claim(Lane.TELL, now=NOW + 50.0, lease_s=LEASE_S, limit=1)
    await store.move(job, State.DONE, now=NOW + 50.0)
    assert await store.purge(now=NOW + 60.0, inputs_older_s=0.0, jobs_older_s=20.0) == 0
    assert await store.purge(now=NOW + 70.0, inputs_older_s=0.0, jobs_older_s=20.0) == 1


async def test_dead_tokens_are_swept(store: JobStore) -> None:
    """A token that Discord no longer honours is emptied, whatever its job is doing."""
    job = await answered(store, make_job())
    assert job.card.token == TOKEN
    for now, token in ((job.card.token_until - 1.0, TOKEN), (job.card.token_until, None)):
        await store.purge(now=now, inputs_older_s=NEVER_S, jobs_older_s=NEVER_S)
        assert await fetched(store, job) == replace(job, card=replace(job.card, token=token))


@pytest.mark.parametrize("how", ["decided", "moved", "refused"])
async def test_inputs_of_a_job_without_a_future_go_at_once(store: JobStore, how: str) -> None:
    """Cancelled or refused: the write that says so deletes the files, for nobody runs it again."""
    job = make_job()
    await store.insert(job, [PICTURE])
    await store.mark_answered(job.id, message_id=1, now=NOW, due_at=NOW)
    kept = make_job(pack=Pack.IMAGE)
    await store.insert(kept, [PICTURE])
    if how == "decided":
        await store.decide(job.id, from_state=State.QUEUED, to=State.CANCELLED, now=NOW)
    else:
        [held] = await store.claim_queued(
            Pack.VIDEO, total_slots=1, now=NOW, lease_s=LEASE_S, limit=1
        )
        to, dropping = (State.CANCELLED, False) if how == "moved" else (State.READY, True)
        await store.move(held, to, now=NOW, drop_inputs=dropping)
    assert await store.inputs(job.id) == {}
    assert await store.inputs(kept.id) == {"image": PICTURE}
