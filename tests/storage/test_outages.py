"""What Kling refuses, as rows: every process knows it, and a restart does not forget it."""

import asyncio

from sqlalchemy import Connection, update

from bot.domain.breaker import AWAY_JOBS, PROBE_S, Breaker
from bot.domain.breaker_state import restored, stored
from bot.errors import KlingRefusedAccount
from storage.circuits import NO_OUTAGES, StoredOutages
from storage.engine import open_database
from storage.job import Pack
from storage.schema import outages
from storage.store import JobStore
from tests.harness.storage.making import NOW

MODEL = "kling-v2-6"


def troubled() -> Breaker:
    """Return a breaker with a circuit of every scope, and a doubt."""
    breaker = Breaker()
    for number in range(AWAY_JOBS):
        breaker.unanswered(f"job {number}", NOW)
    breaker.busy("busy", Pack.VIDEO, MODEL, NOW)
    refusal = KlingRefusedAccount("the words are not kept", code=1102, http_status=429, host="k")
    breaker.refused("dear", refusal, Pack.IMAGE, NOW, 800)
    breaker.go("probe", Pack.VIDEO, NOW + 2, MODEL)
    breaker.unanswered("another", NOW)
    return breaker


async def test_what_is_stored_is_what_is_read(store: JobStore, other: JobStore) -> None:
    """Every circuit with all that is known of it, for this process and the next."""
    state = stored(troubled())
    assert len(state.circuits) == 3
    assert state.unanswered
    assert await store.change_outages(lambda _: state) == state
    assert await other.outages() == state
    assert stored(restored(state)) == state
    assert await other.change_outages(lambda _: NO_OUTAGES) == NO_OUTAGES
    assert await store.outages() == NO_OUTAGES


async def test_what_two_processes_see_at_once_adds_up(store: JobStore, other: JobStore) -> None:
    """Three jobs of two processes without an answer are an outage, whoever stores first."""

    def hears_nothing(job: str) -> None:
        def after(state: StoredOutages) -> StoredOutages:
            breaker = restored(state)
            breaker.unanswered(job, NOW)
            return stored(breaker)

        tasks.append(asyncio.ensure_future(by[len(tasks) % 2].change_outages(after)))

    tasks: list[asyncio.Future[StoredOutages]] = []
    by = (store, other)
    for number in range(AWAY_JOBS):
        hears_nothing(f"job {number}")
    await asyncio.gather(*tasks)
    breaker = restored(await other.outages())
    assert breaker.is_open(None)
    assert breaker.held_until(None, NOW) is not None


async def test_a_probe_of_a_dead_process_holds_the_others_for_a_minute_at_most(
    store: JobStore, other: JobStore
) -> None:
    """Its row says until when; then the next job goes, whichever process has it."""
    breaker = troubled()
    at = breaker.held_until(None, NOW) or NOW
    breaker.go("a job of the dead", Pack.IMAGE, at, "any")
    await store.change_outages(lambda _: stored(breaker))
    seen = restored(await other.outages())
    assert seen.room(Pack.IMAGE, 5, at + PROBE_S - 1) == 0
    assert seen.room(Pack.IMAGE, 5, at + PROBE_S) == 1


async def test_what_a_newer_program_has_stored_stops_nothing(store: JobStore) -> None:
    """A pack or a reason that this one does not know is left alone, or is an outage like others."""
    state = stored(troubled())
    await store.change_outages(lambda _: state)

    def rename(here: Connection) -> None:
        here.execute(update(outages).where(outages.c.pack == "image").values(pack="music")).close()
        here.execute(update(outages).values(why="holidays")).close()

    await store._connections.write(rename)
    breaker = restored(await store.outages())
    assert {circuit.scope for circuit in breaker.circuits} == {None, (Pack.VIDEO, MODEL)}
    assert breaker.held_until(None, NOW) is not None


async def test_a_start_that_is_alone_probes_at_once(sqlite_path: object) -> None:
    """On SQLite nobody else probes: after a restart an outage is known, and one job finds out."""
    url = f"sqlite:///{sqlite_path}"
    async with open_database(url, owner="bot") as database:
        state = stored(troubled())
        await database.jobs.change_outages(lambda _: state)
    async with open_database(url, owner="bot") as database:
        await database.jobs.void_probes()
        found = await database.jobs.outages()
        assert found.circuits.keys() == state.circuits.keys()
        # However far the clock was set back meanwhile.
        assert {circuit.until for circuit in found.circuits.values()} == {0.0}
        assert restored(found).room(Pack.IMAGE, 5, NOW + 1) == 1
