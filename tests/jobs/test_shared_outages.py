"""What one process learns of Kling's state holds for all, and the operator hears of it once."""

from collections.abc import AsyncIterator

import pytest

from bot.background import Background
from bot.domain.breaker import AWAY_JOBS
from bot.jobs.outages import Outages
from storage.engine import open_database
from storage.job import Pack
from storage.store import JobStore
from tests.harness.commits import Commits
from tests.harness.jump_clock import JumpClock
from tests.harness.postgres_server import Server
from tests.harness.storage.making import make_job


class Told:
    """Notifies nobody, and remembers what was to be told; the first process is the one heard."""

    def __init__(self) -> None:
        self.keys: list[str] = []

    async def __call__(self, key: str, **_facts: str | float) -> bool:
        fresh = key not in self.keys
        self.keys.append(key)
        return fresh


@pytest.fixture
async def stores(server: Server) -> AsyncIterator[tuple[JobStore, JobStore]]:
    url = await server.database.emptied()
    async with (
        open_database(url, owner="first") as first,
        open_database(url, owner="second") as second,
    ):
        yield first.jobs, second.jobs


async def test_an_outage_that_one_saw_holds_the_other(
    stores: tuple[JobStore, JobStore],
) -> None:
    """Then one probes for both; its success lets both go on."""
    clock, told, background, commits = JumpClock(), Told(), Background(), Commits()
    first, second = (Outages(store, clock, told, background) for store in stores)
    commits.listen_to(stores[0]._connections)
    jobs = [make_job(pack=Pack.VIDEO) for _ in range(AWAY_JOBS)]

    async def stored() -> bool | None:
        circuits = (await stores[1].outages()).circuits.values()
        return True if any(circuit.told for circuit in circuits) else None

    async def closed() -> bool | None:
        return None if (await stores[1].outages()).circuits else True

    for job in jobs:
        first.unanswered(job)
    assert first.held_until() is not None
    assert second.held_until() is None
    await commits.until(stored)
    await second.refresh()
    assert second.held_until(Pack.VIDEO) is not None
    assert second.holds_everything_of() == list(Pack)
    clock.jump(5.0)
    assert second.room(9) == 1
    probe = make_job(pack=Pack.VIDEO)
    commits.listen_to(stores[1]._connections)
    second.go([probe], Pack.VIDEO)
    second.accepted(probe)
    await commits.until(closed)
    await first.refresh()
    assert first.held_until() is None
    assert first.room(9) == 9
    assert told.keys == ["operator.kling_away", "operator.kling_back"]
    await background.close()


async def test_jobs_of_two_processes_without_an_answer_add_up(
    stores: tuple[JobStore, JobStore],
) -> None:
    """Three in a row are an outage, whichever process had them."""
    clock, told, background, commits = JumpClock(), Told(), Background(), Commits()
    both = [Outages(store, clock, told, background) for store in stores]
    for store in stores:
        commits.listen_to(store._connections)
    for number in range(AWAY_JOBS):
        await both[number % 2].refresh()
        both[number % 2].unanswered(make_job(pack=Pack.IMAGE))

        async def noted(count: int = number + 1) -> bool | None:
            state = await stores[0].outages()
            return True if len(state.unanswered) == count or state.circuits else None

        await commits.until(noted)
    for outages in both:
        await outages.refresh()
        assert outages.is_open()
    await background.close()
