"""Places that were learnt: rows that survive a restart and bound what goes of a model."""

from storage.engine import open_database
from storage.holds import Holds
from storage.job import Job, Pack, State
from storage.places import GROWS_EVERY_S, PLACES_KEPT_S
from storage.store import JobStore
from storage.turns import GATHER_S
from tests.harness.storage.making import LEASE_S, NOW, answered, make_job

TIGHT = "kling-v2-6"
SLOTS = 9


async def _go(store: JobStore, *, now: float = NOW, holds: Holds | None = None) -> list[Job]:
    """Claim whatever may go and move it to `creating`, still held."""
    taken = await store.claim_queued(
        Pack.IMAGE, total_slots=SLOTS, now=now, lease_s=LEASE_S, limit=9, holds=holds or Holds()
    )
    return [await store.move(job, State.CREATING, now=now, keep=True) for job in taken]


async def _queue(store: JobStore, count: int, *, model: str = TIGHT, slots: int = 1) -> None:
    for number in range(count):
        created_at = NOW - 50.0 - 5.0 * slots + number  # larger orders came earlier
        job = make_job(pack=Pack.IMAGE, model=model, slots=slots, created_at=created_at)
        await answered(store, job)


async def _back(store: JobStore, job: Job, *, now: float = NOW) -> None:
    await store.move(job, State.QUEUED, now=now, due_at=now)


async def _ends(store: JobStore, job: Job, *, now: float = NOW) -> None:
    running = await store.move(job, State.RUNNING, now=now, keep=True, task_id=f"t-{job.id}")
    await store.move(running, State.READY, now=now, outcome={})


async def test_no_more_of_a_model_go_than_were_learnt(url: str) -> None:
    """Three were in flight when a fourth was refused: after a restart three go."""
    async with open_database(url, owner="bot") as database:
        store = database.jobs
        await _queue(store, 4)
        *others, refused = await _go(store)
        assert await store.learn_refusal(refused, now=NOW) == 3
        for job in (*others, refused):
            await _back(store, job)
    async with open_database(url, owner="bot") as database:
        store = database.jobs
        assert await store.places_learnt(refused, now=NOW) == 3
        await _queue(store, 2, model="another")
        went = await _go(store)
        assert sorted(job.model for job in went) == ["another", "another", TIGHT, TIGHT, TIGHT]
        assert await _go(store) == []
        later = NOW + GROWS_EVERY_S
        assert [job.id for job in await _go(store, now=later)] == [refused.id]


async def test_a_larger_order_that_succeeds_is_learnt(store: JobStore) -> None:
    """Four went together though two were known: from then on four do."""
    await _queue(store, 3)
    jobs = await _go(store)
    await store.learn_refusal(jobs[0], now=NOW)
    assert await store.places_learnt(jobs[0], now=NOW) == 2
    for job in jobs:
        await _ends(store, job)
    await _queue(store, 1, slots=4)
    [large] = await _go(store)
    await store.learn_success(large, now=NOW)
    assert await store.places_learnt(large, now=NOW) == 4


async def test_an_order_of_more_than_were_learnt_goes_alone(store: JobStore) -> None:
    """What was learnt never keeps an order back for good: it goes when nothing is in flight."""
    await _queue(store, 2)
    first, second = await _go(store)
    await store.learn_refusal(second, now=NOW)
    await _back(store, second)
    await _queue(store, 1, slots=5)
    assert await _go(store) == []
    await _ends(store, first)
    [again] = await _go(store)
    assert again.id == second.id
    await _ends(store, again)
    [large] = await _go(store)
    assert large.slots == 5


async def test_an_order_that_gathers_places_of_its_model_holds_no_other(store: JobStore) -> None:
    """Smaller orders of its model wait for two minutes; another model's go at once."""
    await _queue(store, 3)
    *others, refused = await _go(store)
    await store.learn_refusal(refused, now=NOW)
    for job in (refused, others[0]):
        await _ends(store, job)
    await _queue(store, 1, slots=2)
    await _queue(store, 1)
    await _queue(store, 1, model="another")
    assert [job.model for job in await _go(store)] == ["another"]
    assert await _go(store, now=NOW + GATHER_S - 1.0) == []
    [small] = await _go(store, now=NOW + GATHER_S)
    assert (small.model, small.slots) == (TIGHT, 1)


async def test_what_was_learnt_long_ago_is_forgotten(store: JobStore) -> None:
    """It has grown past every limit by then."""
    await _queue(store, 2)
    job = (await _go(store))[0]
    await store.learn_refusal(job, now=NOW)
    for age_s, known in ((PLACES_KEPT_S - 1.0, True), (PLACES_KEPT_S, False)):
        await store.purge(now=NOW + age_s, inputs_older_s=1e9, jobs_older_s=1e9)
        assert (await store.places_learnt(job, now=NOW + age_s) is not None) is known


async def test_a_dear_job_that_waits_keeps_no_cheap_one_waiting(store: JobStore) -> None:
    """Jobs of a refused price wait for one probe, the cheapest of them; cheaper ones go."""
    prices = {"a": 150, "b": 500, "c": 700, "d": None}
    jobs = {
        name: await answered(
            store, make_job(pack=Pack.IMAGE, units_price=price, created_at=NOW - 9.0)
        )
        for name, price in prices.items()
    }
    went = await _go(store, holds=Holds(dear_from=500.0))
    assert [job.id for job in went] == [jobs["a"].id]
    went = await _go(store, holds=Holds(dear_from=500.0, dear_probes=1))
    assert [job.id for job in went] == [jobs["b"].id]


async def test_an_order_that_stepped_aside_is_remembered(store: JobStore) -> None:
    """A smaller one of its model goes before it, although it came later."""
    await _queue(store, 1, slots=3)
    [large] = await _go(store)
    await store.move(large, State.QUEUED, now=NOW, due_at=NOW, aside=True, room_refusals=10)
    await _queue(store, 1)
    [small] = await _go(store)
    assert small.slots == 1
    [again] = await _go(store)
    assert (again.id, again.aside, again.room_refusals) == (large.id, True, 10)
