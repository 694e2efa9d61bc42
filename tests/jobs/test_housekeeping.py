"""The housekeeper: one process of many, and the next one soon after it is gone."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.jobs.housekeeping import LOOK_S, ROLE_S, Housekeeper
from bot.jobs.worker import LEASE_S
from storage.engine import open_database
from storage.errors import RoleLost
from storage.store import JobStore
from tests.harness.jump_clock import JumpClock
from tests.harness.postgres_server import Server

Begun = asyncio.Queue[tuple[str, JobStore]]


@pytest.fixture
async def stores(server: Server) -> AsyncIterator[tuple[JobStore, JobStore]]:
    url = await server.database.emptied()
    async with (
        open_database(url, owner="first") as first,
        open_database(url, owner="second") as second,
    ):
        yield first.jobs, second.jobs


def keeper(name: str, store: JobStore, clock: JumpClock, begun: Begun) -> Housekeeper:
    """Return a housekeeper whose one duty says that it has begun, and goes on for ever."""

    async def duty(its: JobStore) -> None:
        begun.put_nowait((name, its))
        await asyncio.Event().wait()

    return Housekeeper(store, clock, {"duty": duty}, lambda _: None)


def test_a_dead_housekeeper_is_replaced_within_the_lease_of_a_job() -> None:
    """Its own lease, and the longest that the next one sleeps."""
    assert ROLE_S + LOOK_S <= LEASE_S


async def test_the_next_one_begins_when_the_first_has_died(
    stores: tuple[JobStore, JobStore],
) -> None:
    """Not while it lives; and what it still does after that is refused."""
    clock, begun = JumpClock(), Begun()
    first = asyncio.create_task(keeper("first", stores[0], clock, begun).run())
    name, its = await begun.get()
    assert name == "first"
    second = asyncio.create_task(keeper("second", stores[1], clock, begun).run())
    await its.set_fact("swept", "yes")
    assert begun.empty()
    first.cancel()  # it dies: nothing is given back
    await asyncio.wait({first})
    clock.jump(ROLE_S)
    name, _ = await begun.get()
    assert name == "second"
    with pytest.raises(RoleLost):
        await its.set_fact("swept", "no")
    second.cancel()
    await asyncio.wait({second})


async def test_one_that_overslept_stops_its_duties(stores: tuple[JobStore, JobStore]) -> None:
    """Suspended until another has begun: it ends its term itself, and later may have another."""
    clock, others, begun = JumpClock(), JumpClock(), Begun()
    keeping = keeper("first", stores[0], clock, begun)
    first = asyncio.create_task(keeping.run())
    await begun.get()
    others.jump(ROLE_S)  # the first one sleeps: its clock stands still, as far as it can tell
    second = keeper("second", stores[1], others, begun)
    assert await second.take() == 2
    clock.jump(ROLE_S)
    assert not first.done()
    await second.leave()
    name, its = await begun.get()  # the role is free again
    assert name == "first"
    await its.set_fact("swept", "yes")
    first.cancel()
    await asyncio.wait({first})
