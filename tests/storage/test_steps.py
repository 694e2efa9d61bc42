"""Moving on under a lease, by the table of legal transitions."""

import itertools
from typing import Any

import pytest
from sqlalchemy import delete

from storage.errors import ClaimLost, IllegalTransition
from storage.job import ASKED_IN, TRANSITIONS, WAITING_EXITS, State, WaitsFor
from storage.schema import SECRET_COLUMNS, jobs
from storage.store import JobStore, Lane
from tests.harness.storage.making import (
    LEASE_S,
    MESSAGE,
    NOW,
    TOKEN,
    URL,
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

Place = tuple[State, WaitsFor | None]
PLACES: list[Place] = [
    *((state, None) for state in State if state is not State.WAITING),
    *((State.WAITING, question) for question in WaitsFor),
]
MOVES = list(itertools.product(PLACES, PLACES))


def is_legal(start: Place, end: Place) -> bool:
    """Read the table the other way round than the code does."""
    (from_state, asked), (to, asks) = start, end
    if to not in TRANSITIONS[from_state]:
        return False
    if to is State.WAITING:
        return ASKED_IN.get(from_state) is asks
    return asked is None or to in WAITING_EXITS[asked]


LEGAL = [move for move in MOVES if is_legal(*move)]
ILLEGAL = [move for move in MOVES if not is_legal(*move)]


def _name(value: object) -> str:
    return "-".join(str(part) for part in value if part) if isinstance(value, tuple) else str(value)


def _changes(place: Place) -> dict[str, Any]:
    return {"waits_for": place[1]} if place[1] is not None else {}


async def _held_at(store: JobStore, place: Place) -> Any:
    """Put a job there by inserting it there, and hold it."""
    state, question = place
    made = make_job(
        state=state, waits_for=question, waits_until=NOW if question else None, gave_up=True
    )
    await store.insert(made)
    await store.mark_answered(made.id, message_id=MESSAGE, now=NOW, due_at=NOW)
    lanes = [lane for lane in Lane if lane is not Lane.QUEUE]
    if state is State.QUEUED:
        (job,) = await store.claim_queued(
            made.pack, total_slots=5, now=NOW, lease_s=LEASE_S, limit=1
        )
        return job
    for lane in lanes:
        for job in await store.claim(lane, now=NOW, lease_s=LEASE_S, limit=1):
            return job
    return await fetched(store, made)


def test_the_table_is_the_drawing() -> None:
    """Main road, questions and ends are as drawn; a cancelled job stays cancelled."""
    road = [
        State.PREPARING,
        State.QUEUED,
        State.CREATING,
        State.RUNNING,
        State.READY,
        State.POSTING,
        State.DONE,
    ]
    assert all(b in TRANSITIONS[a] for a, b in itertools.pairwise(road))
    into_cancelled = {state for state in State if State.CANCELLED in TRANSITIONS[state]}
    assert into_cancelled == {State.PREPARING, State.WAITING, State.QUEUED}
    assert not TRANSITIONS[State.CANCELLED]
    assert set(ASKED_IN) == {state for state in State if State.WAITING in TRANSITIONS[state]}
    assert set().union(*WAITING_EXITS.values()) == TRANSITIONS[State.WAITING]
    assert State.CANCELLED not in WAITING_EXITS[WaitsFor.UNSURE] | WAITING_EXITS[WaitsFor.PICKUP]


@pytest.mark.parametrize("start", [one for one in PLACES if one in dict(LEGAL)], ids=_name)
async def test_a_legal_move_is_made(store: JobStore, start: Place) -> None:
    """Every pair of the table can be moved along."""
    for end in [end for begin, end in LEGAL if begin == start]:
        job = await _held_at(store, start)
        moved = await store.move(job, end[0], now=NOW, **_changes(end))
        assert (moved.state, moved.waits_for) == end
        assert moved == await fetched(store, job)
        await store._connections.write(lambda here: here.execute(delete(jobs)).close())


@pytest.mark.parametrize("start", PLACES, ids=_name)
async def test_an_illegal_move_is_refused(store: JobStore, start: Place) -> None:
    """No pair outside the table can be moved along, by a step or by a person."""
    job = await _held_at(store, start)
    ends = [end for begin, end in ILLEGAL if begin == start]
    assert ends
    for to, question in ends:
        changes = _changes((to, question))
        with pytest.raises(IllegalTransition):
            await store.move(job, to, now=NOW, **changes)
        if question is None:
            with pytest.raises(IllegalTransition):
                await store.decide(job.id, from_state=start[0], to=to, waits_for=start[1], now=NOW)
    assert await fetched(store, job) == job


async def test_a_move_lets_go_unless_told_to_keep(store: JobStore) -> None:
    """A step keeps its row from write to write, and lets it go with the last."""
    await answered(store, make_job())
    job = await sent(store)
    assert job.lease_until == NOW + LEASE_S
    job = await store.save(job, now=NOW, keep=True, create_tries=2)
    assert (job.create_tries, job.lease_until) == (2, NOW + LEASE_S)
    job = await store.move(job, State.RUNNING, now=NOW, task_id="t")
    assert (job.task_id, job.lease_owner, job.lease_until) == ("t", None, None)
    with pytest.raises(ClaimLost):
        await store.save(job, now=NOW)


async def test_another_process_cannot_write(store: JobStore, other: JobStore) -> None:
    """A row that is held is written by its holder only."""
    await answered(store, make_job())
    job = await sent(store)
    for write in (
        other.save(job, now=NOW, late=True),
        other.move(job, State.RUNNING, now=NOW, task_id="stolen"),
        other.renew(job, until=NOW + 999.0),
    ):
        with pytest.raises(ClaimLost):
            await write
    assert await fetched(store, job) == job


async def test_a_stale_step_cannot_write(store: JobStore) -> None:
    """A step that still believes in the state before its own last move writes nothing."""
    await answered(store, make_job())
    job = await sent(store)
    await store.move(job, State.RUNNING, now=NOW, keep=True, task_id="t")
    with pytest.raises(ClaimLost):
        await store.move(job, State.READY, now=NOW, outcome={})


async def test_the_last_write_of_a_late_step_counts(store: JobStore) -> None:
    """A write after the lease expired is kept, unless another process claimed the row."""
    await answered(store, make_job())
    job = await sent(store)
    job = await store.move(job, State.RUNNING, now=NOW + 10 * LEASE_S, task_id="t")
    assert job.task_id == "t"


async def test_a_late_step_begins_no_more(store: JobStore) -> None:
    """A write that announces further effects needs a lease that still runs."""
    await answered(store, make_job())
    job = await sent(store)
    with pytest.raises(ClaimLost):
        await store.save(job, now=NOW + LEASE_S, keep=True, create_tries=2)
    await store.renew(job, until=NOW + 3 * LEASE_S)
    assert (await store.save(job, now=NOW + LEASE_S, keep=True, create_tries=2)).create_tries == 2


async def test_only_named_columns_are_written(store: JobStore) -> None:
    """A flag that a person raised during a step survives the step's write, which returns it."""
    await answered(store, make_job())
    job = await sent(store)
    assert await store.stop_following(job.id, now=NOW) is not None
    moved = await store.move(job, State.RUNNING, now=NOW, task_id="t")
    assert (job.stopped, moved.stopped) == (False, True)


async def test_what_is_written_once_stays(store: JobStore) -> None:
    """A write cannot change where a job came from or what it asked for."""
    await answered(store, make_job())
    job = await sent(store)
    for name in ("user_id", "request", "state", "created_at", "answered_at", "lease_owner"):
        with pytest.raises(TypeError, match=name):
            await store.save(job, now=NOW, **{name: 1})  # type: ignore[arg-type]  # the mistake under test


async def test_a_move_forgets_failures_and_the_question(store: JobStore) -> None:
    """A new state starts without failures and without the question of the old one."""
    await answered(store, make_job())
    job = await store.save(await sent(store), now=NOW, keep=True, failures=3)
    job = await store.move(
        job, State.WAITING, now=NOW, keep=True, waits_for=WaitsFor.UNSURE, waits_then="tell"
    )
    assert job.failures == 0
    job = await store.move(job, State.QUEUED, now=NOW, keep=True, failures=2)
    assert (job.waits_for, job.waits_until, job.waits_then) == (None, None, "")
    assert job.failures == 2


async def test_how_long_it_took_is_remembered(store: JobStore) -> None:
    """Seconds from accepted to finished are kept for tasks that gave media, newest first."""
    for seconds in (10.0, 20.0):
        await answered(store, make_job())
        job = await running(store)
        await store.move(job, State.READY, now=NOW + seconds, outcome={}, result_urls=(URL,))
    await answered(store, make_job())
    refused = await store.move(await running(store), State.READY, now=NOW + 3.0, outcome={})
    assert refused.finished_at is None
    assert await store.durations(job.route, job.model) == [20.0, 10.0]
    assert await store.durations(job.route, job.model, limit=1) == [20.0]
    assert await store.durations(job.route, "another") == []


def _secrets(job: Any) -> dict[str, Any]:
    return {"card_token": job.card.token} | {
        name: getattr(job, name) for name in SECRET_COLUMNS if name != "card_token"
    }


EMPTY: dict[str, Any] = {"card_token": None, "sources": {}, "result_urls": (), "question": {}}


async def test_an_end_takes_the_secrets(store: JobStore) -> None:
    """A job that is done holds no token and no signed address, while its outcome stays."""
    await answered(store, make_job(sources={"video": URL}, question={"faces": [URL]}))
    job = await posting(store)
    assert _secrets(job) == {
        "card_token": TOKEN,
        "sources": {"video": URL},
        "result_urls": (URL,),
        "question": {"faces": [URL]},
    }
    ended = await store.move(job, State.DONE, now=NOW + 5.0)
    assert _secrets(ended) == EMPTY
    assert ended.outcome == {"media": [{"kind": "video", "id": "m1"}]}
    assert (ended.ended_at, ended.due_at) == (NOW + 5.0, None)


async def test_the_token_stays_as_long_as_the_card_is_owed_an_edit(store: JobStore) -> None:
    """An ended job keeps the token until the card shows what it wants, and not one write longer."""
    await answered(store, make_job(sources={"video": URL}))
    job = await posting(store)
    ended = await store.move(job, State.DONE, now=NOW, card_wants="done", card_due_at=NOW)
    assert _secrets(ended) == EMPTY | {"card_token": TOKEN}
    card = await claimed(store, Lane.CARD)
    card = await store.save(card, now=NOW, keep=True, card_tries=1)
    assert card.card.token == TOKEN
    card = await store.save(card, now=NOW, card_shows="done", card_due_at=None)
    assert _secrets(card) == EMPTY


async def test_cancelling_takes_the_secrets(store: JobStore) -> None:
    """A job that was called off holds no token and no signed address."""
    job = await answered(store, make_job(sources={"video": URL}, question={"faces": [URL]}))
    cancelled = await store.decide(job.id, from_state=State.QUEUED, to=State.CANCELLED, now=NOW)
    assert cancelled is not None
    assert _secrets(cancelled) == EMPTY


async def test_an_ended_job_is_given_no_secrets(store: JobStore) -> None:
    """No write brings an address or a token back into a job that has ended."""
    await answered(store, make_job())
    told = await store.plan(await ready(store), [], now=NOW)
    await store.move(told, State.DONE, now=NOW, gave_up=True, due_at=NOW)
    job = await claimed(store, Lane.POLL)
    job = await store.save(job, now=NOW, result_urls=(URL,), card_token=TOKEN)
    assert _secrets(job) == EMPTY


async def test_a_late_result_opens_the_job_again(store: JobStore) -> None:
    """A result that came after giving up is delivered, with its addresses, and ends again."""
    await answered(store, make_job())
    told = await store.plan(await ready(store), [], now=NOW)
    await store.move(told, State.DONE, now=NOW, gave_up=True, due_at=NOW)
    job = await store.move(
        await claimed(store, Lane.POLL), State.READY, now=NOW, keep=True, result_urls=(URL,)
    )
    assert (job.result_urls, job.ended_at) == ((URL,), None)
    job = await store.move(job, State.DONE, now=NOW + 7.0)
    assert (job.result_urls, job.ended_at) == ((), NOW + 7.0)


async def test_the_end_of_the_road(store: JobStore) -> None:
    """A plain job can be brought from the queue to its end."""
    await answered(store, make_job())
    assert (await done(store)).state is State.DONE
