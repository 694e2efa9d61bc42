"""A row that this version can't read is set aside, and every other row goes on."""

import pytest
from sqlalchemy import text

from storage.accounting import AT_ONCE
from storage.engine import open_database
from storage.errors import RowUnreadable
from storage.job import Job, Pack, State
from storage.money import UNKNOWN
from storage.store import JobStore, Lane
from tests.harness.storage.bookings import PRICE, accepted, priced, runs
from tests.harness.storage.making import (
    LEASE_S,
    NOW,
    answered,
    claimed,
    fetched,
    make_delivery,
    make_job,
    posting,
    sent,
)

LATER = NOW + 100 * 86_400.0


async def _made_by_a_newer_version(store: JobStore, job: Job) -> None:
    """Give the row a kind that this version does not know."""
    changing = text("UPDATE jobs SET kind = 'hologram' WHERE id = :id")
    await store._connections.write(lambda here: here.execute(changing, {"id": job.id}).close())


async def _claim(store: JobStore, now: float = NOW) -> list[str]:
    taken = await store.claim(Lane.PREPARE, now=now, lease_s=LEASE_S, limit=9)
    return [job.id for job in taken]


async def test_its_lane_goes_on(store: JobStore) -> None:
    """The rows before and after it are claimed, it never is, and it is reported once."""
    rows = [
        await answered(store, make_job(state=State.PREPARING, created_at=NOW - s))
        for s in (3.0, 2.0, 1.0)
    ]
    await _made_by_a_newer_version(store, rows[1])
    assert await _claim(store) == [rows[0].id, rows[2].id]
    [reported] = store.newly_unreadable()
    assert reported.job_id == rows[1].id
    assert "hologram" in reported.why
    assert await _claim(store, LATER) == [rows[0].id, rows[2].id]
    assert store.newly_unreadable() == []


async def test_it_keeps_nobody_in_the_line_waiting(store: JobStore) -> None:
    """At the head of the line, or with a task under way, it holds neither place nor slot."""
    head = await answered(store, make_job(created_at=NOW - 2.0, slots=2))
    behind = await answered(store, make_job(created_at=NOW - 1.0))
    await _made_by_a_newer_version(store, head)
    asked = {"total_slots": 2, "now": NOW, "lease_s": LEASE_S, "limit": 9}
    assert await store.claim_queued(Pack.VIDEO, **asked) == []  # type: ignore[arg-type]  # as named
    [taken] = await store.claim_queued(Pack.VIDEO, **asked)  # type: ignore[arg-type]  # as above
    assert taken.id == behind.id
    running = await store.move(taken, State.CREATING, now=NOW)
    assert await store.slots_in_use(Pack.VIDEO) == 1
    await _made_by_a_newer_version(store, running)
    assert await store.claim(Lane.CREATE, now=NOW, lease_s=LEASE_S, limit=9) == []
    assert await store.slots_in_use(Pack.VIDEO) == 0


async def test_the_next_start_tries_it_again(url: str) -> None:
    """After an update that knows it, the row goes on where it was."""
    async with open_database(url, owner="one") as database:
        job = await answered(database.jobs, make_job(state=State.PREPARING))
        await _made_by_a_newer_version(database.jobs, job)
        assert await _claim(database.jobs) == []
    async with open_database(url, owner="two") as database:
        store = database.jobs
        changing = text("UPDATE jobs SET kind = 'video'")
        await store._connections.write(lambda here: here.execute(changing).close())
        assert await _claim(store) == [job.id]


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
async def test_others_are_booked_as_spent(store: JobStore) -> None:
    """However many of such rows come first, a given-up job behind them is settled; they stay."""
    made = []
    for number in range(AT_ONCE + 1):
        job = await runs(store, await accepted(store, priced(id=f"{number:016}")))
        made.append(await store.move(job, State.READY, now=NOW, gave_up=True, money=UNKNOWN))
    for job in made[:-1]:
        await _made_by_a_newer_version(store, job)
    assert await store.end_unknown(now=LATER) == 1
    last = await fetched(store, made[-1])
    assert (last.units_held, last.units_spent) == (0, PRICE)
    assert await store.end_unknown(now=LATER) == 0


async def test_people_see_the_others(store: JobStore) -> None:
    """Lists leave it out, and asking for it by its id finds nothing."""
    seen = await answered(store, make_job())
    hidden = await answered(store, make_job(created_at=NOW + 1.0))
    await _made_by_a_newer_version(store, hidden)
    assert await store.list_jobs() == [seen]
    assert await store.jobs_of(seen.origin.user_id) == [seen]
    assert await store.get(hidden.id) is None
    assert [row.job_id for row in store.newly_unreadable()] == [hidden.id]


async def test_a_message_that_cannot_be_read_is_its_jobs_trouble(store: JobStore) -> None:
    """A delivery of an unknown form is an error by name; its job can then be set aside."""
    await answered(store, make_job())
    job = await posting(store)
    changing = text("UPDATE deliveries SET form = 'hologram'")
    await store._connections.write(lambda here: here.execute(changing).close())
    with pytest.raises(RowUnreadable):
        await store.deliveries(job.id)
    await store.set_aside(job, now=NOW)
    assert await store.claim(Lane.TELL, now=LATER, lease_s=LEASE_S, limit=9) == []
    assert await store.deliveries(make_delivery(make_job()).job_id) == []


async def test_only_the_holder_sets_aside(store: JobStore, other: JobStore) -> None:
    """A row that another process has taken meanwhile stays with it."""
    await answered(store, make_job())
    job = await sent(store)
    await other.set_aside(job, now=NOW)
    assert (await fetched(store, job)).lease_owner == job.lease_owner


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
async def test_broken_json_is_one_rows_trouble(store: JobStore) -> None:
    """A column that SQLite let become no JSON hides its own row and no other."""
    good = await answered(store, make_job(state=State.PREPARING))
    bad = await answered(store, make_job(state=State.PREPARING, created_at=NOW - 1.0))
    changing = text("UPDATE jobs SET request = '{\"prompt\": ' WHERE id = :id")
    await store._connections.write(lambda here: here.execute(changing, {"id": bad.id}).close())
    assert (await claimed(store, Lane.PREPARE)).id == good.id
    [reported] = store.newly_unreadable()
    assert "request" in reported.why
