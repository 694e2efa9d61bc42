"""Everything that the bot asks of its store while it runs, once each."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection, insert

from storage import rows
from storage.job import Job, Pack, State, Venue, WaitsFor
from storage.limits import Limits
from storage.schema import deliveries, inputs, jobs
from storage.store import JobStore, Lane
from tests.harness.storage.making import (
    LEASE_S,
    MEMBER,
    MESSAGE,
    NOW,
    PICTURE,
    SERVER,
    URL,
    answered,
    claimed,
    make_delivery,
    make_job,
    posting,
    ready,
    running,
    sent,
)

KEPT_S = 1e7
LANES: Sequence[Lane] = list(Lane)


async def fill(store: JobStore, count: int) -> None:
    """Put this many ended jobs into the store, of many members, with a message each."""

    def write(here: Connection) -> None:
        ended = [_ended(number) for number in range(count)]
        here.execute(insert(jobs), [rows.job_row(job) for job in ended])
        told = [
            {**rows.delivery_row(make_delivery(job, told_at=NOW)), "planned_at": NOW}
            for job in ended
        ]
        here.execute(insert(deliveries), told)
        young = [rows.input_row(job.id, PICTURE) for job in ended[:20]]
        here.execute(insert(inputs), young)

    await store._connections.write(write)


def _ended(number: int) -> Job:
    state = State.DONE if number % 10 else State.CANCELLED
    job = make_job(
        state=state,
        user_id=MEMBER + number % 20,
        guild_id=SERVER + number % 5,
        created_at=NOW - number,
        due_at=None,
        submitted_at=NOW - number,
        finished_at=NOW - number + 60.0,
        ended_at=NOW - number + 61.0,
        task_id=f"t{number}",
        callback_key=f"key{number}",
        outcome={"media": []},
    )
    return replace(job, card=replace(job.card, token=None, answered_at=NOW - number))


async def tour(store: JobStore) -> None:
    """Let members ask and press, the loop work, people look, and the house be kept."""
    await _enter(store)
    await _look(store)
    await _work(store)
    await _press(store)
    await _ask(store)
    await _keep(store)


async def _enter(store: JobStore) -> None:
    first = make_job(state=State.PREPARING, callback_key="first")
    await store.insert(first, [PICTURE], limits=Limits(1_000, day_starts=NOW - 1.0))
    await store.insert(make_job(user_id=MEMBER + 1, parent_id=first.id))
    await store.mark_answered(first.id, message_id=MESSAGE, now=NOW, due_at=NOW)
    gone = make_job()
    await store.insert(gone)
    await store.withdraw(gone.id)


async def _look(store: JobStore) -> None:
    await store.lanes_due(LANES, now=NOW)
    await store.next_due(LANES, now=NOW)
    for lane in LANES:
        if lane not in {Lane.QUEUE, Lane.PREPARE}:
            assert not await store.claim(lane, now=NOW - 1e6, lease_s=LEASE_S, limit=4)
    for pack in Pack:
        await store.line_moves(pack, total_slots=5, now=NOW)
        await store.slots_in_use(pack)
        await store.places_learnt(make_job(pack=pack), now=NOW)
    await store.fact("paused")


async def _work(store: JobStore) -> None:
    job = await claimed(store, Lane.PREPARE)
    await store.put_inputs(job, [PICTURE])
    await store.renew(job, until=NOW + LEASE_S)
    await store.let_go(job)
    job = await claimed(store, Lane.PREPARE)
    await store.move(job, State.QUEUED, now=NOW, card_wants="queued", card_due_at=NOW)
    card = await claimed(store, Lane.CARD)
    await store.card_shown(card, "queued", now=NOW)
    job = await sent(store)
    another = replace(job, model="another", slots=2)
    await store.learn_refusal(another, now=NOW)
    await store.learn_success(replace(another, slots=3), now=NOW)
    await store.move(job, State.QUEUED, now=NOW)
    await store.save(await running(store), now=NOW, due_at=NOW + 5.0)
    await store.hint(job.id, now=NOW)
    polled = await claimed(store, Lane.POLL)
    done = await store.move(
        polled, State.READY, now=NOW, keep=True, outcome={"media": []}, result_urls=(URL,)
    )
    message = make_delivery(done, items=(0, 1))
    done = await store.plan(done, [message], now=NOW)
    await store.split(done, [replace(message, items=(0,)), make_delivery(done, part=2)], now=NOW)
    for told in await store.deliveries(done.id):
        await store.save_delivery(done, replace(told, told_at=NOW), now=NOW)
    await store.inputs(done.id)
    await store.move(done, State.DONE, now=NOW)
    await store.deliver_again(done.id, [make_delivery(done, "a1", venue=Venue.DM)], now=NOW)


async def _press(store: JobStore) -> None:
    for bring in (running, ready, posting):
        job = await answered(store, make_job(created_at=NOW - 1.0))
        held = await bring(store)
        await store.stop_following(job.id, now=NOW)
        await store.save(held, now=NOW, due_at=NOW + KEPT_S)
    called_off = await answered(store, make_job())
    await store.decide(called_off.id, from_state=State.QUEUED, to=State.CANCELLED, now=NOW)
    await answered(store, make_job(created_at=NOW - 1.0))
    held = await sent(store)
    unsure = await store.move(held, State.WAITING, now=NOW, waits_for=WaitsFor.UNSURE)
    await store.learn_task(unsure.id, "late", now=NOW)
    await store.by_callback_key("first")
    await store.place_in_queue(make_job())


async def _ask(store: JobStore) -> None:
    await store.jobs_and_places_of(MEMBER, limit=25)
    await store.list_jobs()
    await store.list_jobs(states=[State.CANCELLED, State.RUNNING])
    await store.durations("videos/text2video", "kling-v2-5-turbo")


async def _keep(store: JobStore) -> None:
    await store.set_fact("paused", "")
    await store.belong_to(make_job().origin.application_id)
    await store.see_guilds({SERVER}, now=NOW)
    await store.see_guilds(set(), now=NOW - KEPT_S)
    await store.forget_guilds(now=NOW, left_older_s=KEPT_S)
    await store.purge(now=NOW, inputs_older_s=KEPT_S, jobs_older_s=KEPT_S)
    await store.forget_member(1, now=NOW)
    await store.forget_server(1, now=NOW)
    await store.void_leases()
