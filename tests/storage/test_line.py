"""The queue: members and servers take turns, and never more go than the slots allow."""

import asyncio

import pytest
from sqlalchemy import Connection, insert, select

from storage.job import Pack, State, WaitsFor
from storage.line import TURNS_KEPT_S, places
from storage.rows import job_row
from storage.schema import jobs, turns
from storage.store import JobStore, Lane
from storage.turns import GATHER_AGAIN_S, GATHER_S, PLACES_COUNTED
from tests.harness.postgres_server import Database
from tests.harness.storage.making import (
    LEASE_S,
    MEMBER,
    MESSAGE,
    NOW,
    SERVER,
    answered,
    fetched,
    make_job,
    sent,
)


async def _line(
    store: JobStore, total_slots: int, *, now: float = NOW, limit: int = 9
) -> list[str]:
    taken = await store.claim_queued(
        Pack.VIDEO, total_slots=total_slots, now=now, lease_s=LEASE_S, limit=limit
    )
    return [job.id for job in taken]


async def test_a_members_line_is_first_come_first_served(store: JobStore) -> None:
    """A member's jobs go in the order in which they came into the line."""
    second, first = (make_job(created_at=NOW + s) for s in (2.0, 1.0))
    for job in (second, first):
        await answered(store, job)
    assert await _line(store, 5, now=NOW + 9.0) == [first.id, second.id]


async def test_whose_time_in_line_is_not_known_has_the_first_place(store: JobStore) -> None:
    """A job of an early version is shown the place in which it goes, on every database."""
    known, unknown = make_job(queued_at=NOW), make_job(queued_at=None)

    def write(here: Connection) -> None:
        here.execute(insert(jobs), [job_row(job) for job in (known, unknown)])

    await store._connections.write(write)
    ids = [unknown.id, known.id]
    assert await store._connections.read(lambda here: places(here, Pack.VIDEO, ids)) == {
        unknown.id: 1,
        known.id: 2,
    }


async def test_a_line_moves_while_a_claim_would_find_somebody(store: JobStore) -> None:
    """Looking at the head of a line tells what claiming from it would bring, and takes nothing."""

    async def moves(now: float) -> bool:
        return await store.line_moves(Pack.VIDEO, total_slots=1, now=now)

    assert not await moves(NOW)
    for _ in range(2):
        await answered(store, make_job())
    assert not await moves(NOW - 1.0)
    assert await moves(NOW)
    await sent(store)
    assert not await moves(NOW)


async def _crowd(store: JobStore, servers: range) -> None:
    """Let a job of each of these servers wait."""
    waiting = [make_job(guild_id=SERVER + n, created_at=NOW - n) for n in servers]

    def write(here: Connection) -> None:
        here.execute(insert(jobs), [job_row(job) for job in waiting])

    await store._connections.write(write)


async def test_a_place_behind_a_thousand_is_the_true_one(store: JobStore) -> None:
    """A command's answer says the place behind 1,000 jobs; behind many more, only that."""
    await _crowd(store, range(1, 1_001))
    mine = [make_job(created_at=NOW + s) for s in (1.0, 2.0)]
    assert [await store.insert(job) for job in mine] == [1_001, 1_002]
    assert await store.insert(make_job(guild_id=None, created_at=NOW + 3.0)) == 1_002
    assert await store.place_in_queue(mine[1]) == 1_003
    await _crowd(store, range(1_001, PLACES_COUNTED - 3))
    last, further = (make_job(guild_id=n, created_at=NOW + 4.0 + n) for n in (1, 2))
    assert await store.insert(last) == PLACES_COUNTED - 1
    assert await store.insert(further) == PLACES_COUNTED + 1
    assert await store.place_in_queue(further) == PLACES_COUNTED


async def test_no_more_go_than_fit(store: JobStore) -> None:
    """Jobs are claimed only as far as the slots that are free have room for them."""
    three = [await answered(store, make_job(created_at=NOW + s)) for s in (0.0, 1.0, 2.0)]
    assert await _line(store, 2, now=NOW + 9.0) == [job.id for job in three[:2]]
    assert await _line(store, 2, now=NOW + 9.0) == []


async def test_a_larger_order_gathers_slots_for_two_minutes(store: JobStore) -> None:
    """A larger order keeps smaller ones waiting for two minutes at most, then not for ten."""
    await answered(store, make_job(created_at=NOW - 1.0, slots=2))
    await sent(store)
    large = await answered(store, make_job(created_at=NOW, slots=2))
    small = [await answered(store, make_job(created_at=NOW + s)) for s in (1.0, 2.0)]
    assert await _line(store, 3, now=NOW + 9.0) == []
    until = NOW + 9.0 + GATHER_S
    assert await store.next_due([Lane.QUEUE], now=NOW + 10.0) == until
    assert await _line(store, 3, now=until - 1.0) == []
    assert await _line(store, 3, now=until) == [small[0].id]
    await _ends(store, small[0].id, now=until)
    assert await _line(store, 3, now=until + 1.0) == [small[1].id]
    await _ends(store, small[1].id, now=until + 2.0)
    await answered(store, make_job(created_at=until))
    assert await _line(store, 3, now=until + GATHER_AGAIN_S) == []
    assert await _line(store, 5, now=until + GATHER_AGAIN_S + 1.0) != []
    assert (await fetched(store, large)).turn is not None


async def _ends(store: JobStore, job_id: str, *, now: float) -> None:
    job = await store.get(job_id)
    assert job is not None
    await store.move(job, State.READY, now=now, outcome={})


async def test_a_head_that_was_refused_steps_back(store: JobStore) -> None:
    """When Kling told a job to come later, others go meanwhile; then it goes first."""
    early = await answered(store, make_job(created_at=NOW - 1.0))
    await store.move(await sent(store), State.QUEUED, now=NOW, due_at=NOW + 30.0)
    others = [await answered(store, make_job(created_at=NOW + s)) for s in (0.0, 1.0)]
    assert await store.next_due([Lane.QUEUE], now=NOW + 1.0) == NOW + 30.0
    assert await _line(store, 1, now=NOW + 1.0) == [others[0].id]
    await _ends(store, others[0].id, now=NOW + 30.0)
    assert await _line(store, 1, now=NOW + 30.0) == [early.id]


async def test_servers_take_turns_and_members_inside_them(store: JobStore) -> None:
    """Twenty clips of one member make another server, and another member, wait for one of them."""
    busy = [await answered(store, make_job(created_at=NOW + s)) for s in range(20)]
    neighbour = await answered(store, make_job(created_at=NOW + 20.0, user_id=MEMBER + 1))
    server = await answered(store, make_job(created_at=NOW + 21.0, guild_id=SERVER + 1))
    alone = await answered(store, make_job(created_at=NOW + 22.0, guild_id=None))
    later = NOW + 30.0
    expected = [busy[0], server, alone, neighbour, *busy[1:4]]
    places = [await store.place_in_queue(job) for job in expected]
    assert places == [1, 2, 3, 4, 5, 6, 7]
    went = []
    for _ in expected:  # one slot at a time, so each claim reads what the last one wrote
        [job_id] = await _line(store, 1, now=later)
        await _ends(store, job_id, now=later)
        went.append(job_id)
    assert went == [job.id for job in expected]


async def test_a_place_is_told_by_the_same_rule(store: JobStore) -> None:
    """The place at acceptance, on the card and in the list is that of the fair order."""
    for s in range(4):
        await answered(store, make_job(created_at=NOW + s))
    other = make_job(created_at=NOW + 9.0, guild_id=SERVER + 1, user_id=MEMBER + 1)
    assert await store.insert(other) == 2
    assert await store.insert(make_job(created_at=NOW + 9.5)) == 6
    await store.mark_answered(other.id, message_id=MESSAGE, now=NOW, due_at=NOW)
    assert [place for _, place in await store.jobs_and_places_of(MEMBER + 1, limit=9)] == [2]


async def test_a_job_is_charged_once(store: JobStore) -> None:
    """A job that was told "later" keeps its turn, and its server pays for it once."""
    await answered(store, make_job(created_at=NOW))
    first = await sent(store, now=NOW + 1.0)
    assert first.turn == 0.0
    back = await store.move(first, State.QUEUED, now=NOW + 1.0, due_at=NOW + 1.0)
    other = await answered(store, make_job(created_at=NOW - 9.0, guild_id=SERVER + 1))
    assert await _line(store, 5, now=NOW + 2.0) == [back.id, other.id]
    for job_id in (back.id, other.id):
        await _ends(store, job_id, now=NOW + 2.0)
    again = [await answered(store, make_job(created_at=NOW + s)) for s in (3.0, 4.0)]
    assert await _line(store, 5, now=NOW + 9.0) == [job.id for job in again]
    assert (await fetched(store, again[0])).turn == 1.0


async def test_what_is_remembered_of_turns_is_forgotten(store: JobStore) -> None:
    """Tags name servers and members: a day later, or with the member or the server, they go."""

    async def known() -> set[tuple[int, int]]:
        names = select(turns.c.guild_id, turns.c.user_id)
        found = await store._connections.read(lambda here: here.execute(names).all())
        return {(row.guild_id, row.user_id) for row in found}

    await answered(store, make_job())
    await answered(store, make_job(user_id=MEMBER + 1, guild_id=None))
    await _line(store, 5)
    assert await known() == {(0, 0), (SERVER, 0), (SERVER, MEMBER), (0, MEMBER + 1)}
    await store.forget_member(MEMBER + 1, now=NOW)
    assert await known() == {(0, 0), (SERVER, 0), (SERVER, MEMBER)}
    await store.forget_server(SERVER, now=NOW)
    assert await known() == {(0, 0)}
    await store.purge(now=NOW + TURNS_KEPT_S - 1.0, inputs_older_s=1e9, jobs_older_s=1e9)
    assert await known() == {(0, 0)}
    await store.purge(now=NOW + TURNS_KEPT_S, inputs_older_s=1e9, jobs_older_s=1e9)
    assert await known() == set()


async def test_a_job_sent_back_keeps_its_place(store: JobStore) -> None:
    """A job that Kling told to come later is still ahead of jobs that came after it."""
    early = await answered(store, make_job(created_at=NOW - 5.0))
    await answered(store, make_job())
    back = await store.move(await sent(store), State.QUEUED, now=NOW, due_at=NOW)
    assert (back.id, back.queued_at) == (early.id, NOW - 5.0)
    assert (await _line(store, 1))[0] == early.id


async def test_what_may_be_in_flight_holds_its_slots(store: JobStore) -> None:
    """A slot is taken from the create until the task has ended, also while the job is unsure."""
    await answered(store, make_job(slots=2))
    assert await store.slots_in_use(Pack.VIDEO) == 0
    job = await sent(store)
    assert await store.slots_in_use(Pack.VIDEO) == 2
    job = await store.move(job, State.WAITING, now=NOW, keep=True, waits_for=WaitsFor.UNSURE)
    assert await store.slots_in_use(Pack.VIDEO) == 2
    job = await store.move(job, State.RUNNING, now=NOW, keep=True, task_id="t")
    assert await store.slots_in_use(Pack.VIDEO) == 2
    assert await store.slots_in_use(Pack.IMAGE) == 0
    await store.move(job, State.READY, now=NOW, outcome={})
    assert await store.slots_in_use(Pack.VIDEO) == 0


async def test_the_packs_never_mix(store: JobStore) -> None:
    """Full slots of one pack keep no job of the other waiting."""
    await answered(store, make_job())
    await sent(store)
    picture = await answered(store, make_job(pack=Pack.IMAGE))
    await answered(store, make_job())
    assert await _line(store, 1) == []
    taken = await store.claim_queued(Pack.IMAGE, total_slots=1, now=NOW, lease_s=LEASE_S, limit=5)
    assert [job.id for job in taken] == [picture.id]


async def test_a_job_larger_than_everything_goes_alone(store: JobStore) -> None:
    """A job of more slots than there are (settings shrank) goes when all are free, not never."""
    huge = await answered(store, make_job(slots=9))
    assert await _line(store, 5) == [huge.id]


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
async def test_a_claim_of_the_line_waits_for_its_turn(store: JobStore, postgres: Database) -> None:
    """On a server a claim sees the line only once it is alone with it, and as it is then."""
    await answered(store, make_job())
    connection = await postgres.connect()
    waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    turn = connection.transaction()
    await turn.start()
    await connection.execute("SELECT pg_advisory_xact_lock(1)")
    claiming = asyncio.ensure_future(_line(store, 1))
    while not claiming.done() and not await connection.fetchval(waiting):
        pass  # each turn asks the server, which tells when the claim stands behind us
    earlier = await answered(store, make_job(created_at=NOW - 1.0))
    await turn.rollback()
    await connection.close()
    assert await claiming == [earlier.id]


async def test_slots_hold_against_a_race(store: JobStore, other: JobStore) -> None:
    """However many processes claim at once, the jobs they get fit the slots together."""
    for s in range(8):
        await answered(store, make_job(created_at=NOW - s))
    taken = await asyncio.gather(
        *(_line(through, 3) for _ in range(4) for through in (store, other))
    )
    assert len([job_id for batch in taken for job_id in batch]) == 3


async def test_the_unanswered_do_not_stand_in_line(store: JobStore) -> None:
    """A queued row without a recorded answer neither goes nor holds up the others."""
    await store.insert(make_job(created_at=NOW - 5.0))
    seen = await answered(store, make_job())
    assert await _line(store, 5) == [seen.id]


async def test_a_full_house_is_no_reason_to_wake(store: JobStore) -> None:
    """Queued jobs without a slot are not due: the loop would spin on them."""
    for _ in range(2):
        await answered(store, make_job())
    await store.save(await sent(store), now=NOW, due_at=NOW + 9.0)
    assert await _line(store, 1) == []
    assert await store.next_due([Lane.QUEUE], now=NOW) is None
    assert await store.next_due([Lane.QUEUE, Lane.CREATE], now=NOW) == NOW + 9.0
