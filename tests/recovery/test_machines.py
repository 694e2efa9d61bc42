"""Processes on several machines come and go: nothing is lost, paid twice or posted twice.

All the kills are `python -m tests.commands.soak machines`; here is a sample, of which `make test`
plays the one with kills.
"""

import asyncio
import math
import secrets
import sys
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]  # it ships no types
import pytest

from sandbox.kling import Script
from storage.job import Job, State
from storage.migrations import MIGRATIONS, readable_from
from tests.harness.cut_network import wired_server
from tests.harness.pgbouncer import find_pgbouncer, pooling
from tests.harness.postgres_server import Server
from tests.harness.postgres_standby import standby_of, url_of_both
from tests.harness.recovery.laws import rows_of
from tests.harness.recovery.machines import Fleet, open_fleet
from tests.harness.storage.upgrading import NEXT

KILLS = 2
FEW = 3
PEOPLE = 4
POOL = 6


@pytest.fixture
def seed() -> int:
    chosen = secrets.randbits(32)
    print(f"seed {chosen}", file=sys.stderr)  # noqa: T201 - pytest shows it on failure
    return chosen


async def _judged(fleet: Fleet) -> None:
    jobs = await fleet.ends()
    assert fleet.broken(jobs) == []
    assert set(await fleet.stop()) == {0}


async def test_one_of_three_is_killed_again_and_again(
    tmp_path: Path, server: Server, seed: int
) -> None:
    """Whichever dies, whenever: every wish is fulfilled once, by those that are left."""
    async with open_fleet(tmp_path, await server.database.emptied(), seed) as fleet:
        fleet.gather(PEOPLE)
        await fleet.kill(KILLS)
        await _judged(fleet)


@pytest.mark.sweep
async def test_a_suspended_worker_wakes_after_its_leases(
    tmp_path: Path, server: Server, seed: int
) -> None:
    """What it had begun others have taken over; it finds out before it does anything more."""
    async with open_fleet(tmp_path, await server.database.emptied(), seed) as fleet:
        fleet.gather(PEOPLE)
        await fleet.suspend(1)
        await _judged(fleet)


@pytest.mark.sweep
async def test_the_network_to_the_database_is_cut(tmp_path: Path, seed: int) -> None:
    """One worker's packets vanish: the others take its work over; mended, it works on."""
    with wired_server() as wire:
        url = wire.server.database.url
        async with open_fleet(tmp_path, url, seed, worker_urls=[wire.url]) as fleet:
            fleet.gather(PEOPLE)
            wire.cut()
            with pytest.raises(TimeoutError):
                await asyncpg.connect(wire.url, timeout=1.0)
            await fleet.served()
            wire.mend()
            await _judged(fleet)


@pytest.mark.sweep
async def test_behind_a_pooler_in_transaction_mode(
    tmp_path: Path, server: Server, seed: int
) -> None:
    """PgBouncer passes no wake-ups on and keeps no session: all the same."""
    program = find_pgbouncer()
    if program is None:
        pytest.skip("PgBouncer is not installed (Debian: apt install pgbouncer)")
    await server.database.emptied()
    with pooling(program, server.database, POOL) as url:
        async with open_fleet(tmp_path, url, seed) as fleet:
            fleet.gather(PEOPLE)
            await fleet.kill(1)
            await _judged(fleet)


@pytest.mark.sweep
async def test_restarted_one_by_one_with_the_next_schema(
    tmp_path: Path, server: Server, seed: int
) -> None:
    """The first that is restarted upgrades the database; those of before work on beside it."""
    url = await server.database.emptied()
    async with open_fleet(tmp_path, url, seed, workers=1) as fleet:
        fleet.gather(FEW)
        await fleet.update(fleet.workers[0])
        assert await _schema(server) == (len(NEXT), readable_from(MIGRATIONS))
        known = {job.id for job in await rows_of(fleet.town)}
        fleet.gather(FEW)
        await fleet.served()
        await fleet.all_work(known)  # both versions do
        assert all(play.done() for play in fleet.playing)
        fleet.gather(1)
        await fleet.update(fleet.bot)
        await _judged(fleet)


@pytest.mark.sweep
async def test_a_primary_that_moves(tmp_path: Path, server: Server, seed: int) -> None:
    """It dies while tasks run, and its standby takes over: all three processes find it."""
    await server.database.emptied()
    with standby_of(server) as standby:
        async with open_fleet(tmp_path, url_of_both(server, standby), seed) as fleet:
            fleet.town.kling.script(Script(takes_s=math.inf, times=FEW))
            fleet.gather(FEW, "a picture")
            before = await fleet.bot.rows(lambda jobs: _all_run(jobs, FEW))
            await asyncio.to_thread(server.kill)
            await asyncio.to_thread(standby.promote)
            fleet.gather(FEW)
            for task in list(fleet.town.kling.creates):
                fleet.town.kling.finish(task)
            await fleet.all_work({job.id for job in before})
            await _judged(fleet)


def _all_run(jobs: list[Job], count: int) -> bool:
    """Tell whether so many tasks run and every card says so."""
    return len(jobs) == count and all(
        job.state is State.RUNNING and job.card.due_at is None for job in jobs
    )


async def _schema(server: Server) -> tuple[int, int]:
    connection = await server.database.connect()
    try:
        found = await connection.fetch("SELECT version, readable_from FROM schema_version")
    finally:
        await connection.close()
    return max((row["version"], row["readable_from"]) for row in found)
