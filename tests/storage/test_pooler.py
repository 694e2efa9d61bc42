"""A real PgBouncer in transaction mode: each transaction may get another server connection."""

import asyncio
import sys
from collections.abc import Iterator

import pytest

from storage.engine import open_database
from storage.errors import StorageUnavailable
from storage.job import State
from storage.store import Lane
from tests.harness.pgbouncer import find_pgbouncer, pooling
from tests.harness.postgres_server import Database
from tests.harness.storage.making import LEASE_S, NOW, answered, make_job

PROCESSES = 3
POOL = 2
AT_ONCE = 8

WORKER = """
import asyncio, random, sys
from storage.engine import open_database

ROUNDS, AT_ONCE = int(sys.argv[3]), int(sys.argv[4])

async def ask(url, name):
    rng, wrong = random.Random(name), []
    async with open_database(url, owner=name, beside=True) as database:
        jobs = database.jobs

        async def note(number):
            await jobs.set_fact(f"{name}-{number % 5}", name)

        async def fact(number):
            found = await jobs.fact(f"{name}-{number % 5}")
            wrong.extend([] if found in (None, name) else [found])

        async def waiting(number):
            found = await jobs.counts()
            wrong.extend([] if sum(found.values()) == 1 else [str(found)])

        async def absent(number):
            found = await jobs.get(f"{name}{number:09}")
            wrong.extend([] if found is None else [found.id])

        async def safely(asked):
            try:
                await asked
            except Exception as error:
                wrong.append(repr(error))

        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        for _ in range(ROUNDS):
            ways = rng.choices([note, fact, waiting, absent], k=AT_ONCE)
            await asyncio.gather(*(safely(way(number)) for number, way in enumerate(ways)))
    print(len(wrong), wrong[:3])

asyncio.run(ask(sys.argv[1], sys.argv[2]))
"""


@pytest.fixture
def pooled_url(postgres: Database, postgres_url: str) -> Iterator[str]:
    assert postgres_url
    program = find_pgbouncer()
    if program is None:
        pytest.skip("PgBouncer is not installed (Debian: apt install pgbouncer)")
    with pooling(program, postgres, POOL) as url:
        yield url


@pytest.mark.sweep
@pytest.mark.parametrize("rounds", [2, 40])
async def test_each_process_gets_its_own_answers(pooled_url: str, rounds: int) -> None:
    """Three processes that share two server connections read and write what they asked for."""
    async with open_database(pooled_url, owner="first") as database:
        await answered(database.jobs, make_job())
        workers = [
            await asyncio.create_subprocess_exec(
                sys.executable,
                *("-c", WORKER, pooled_url, f"worker-{number}", str(rounds), str(AT_ONCE)),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
            )
            for number in range(PROCESSES)
        ]
        for worker in workers:
            assert worker.stdout is not None
            assert await worker.stdout.readline() == b"ready\n"
        ended = await asyncio.gather(*(worker.communicate(b"go\n") for worker in workers))
    assert [stdout for stdout, _ in ended] == [b"0 []\n"] * PROCESSES


async def test_a_job_is_stored_and_claimed_behind_a_pooler(pooled_url: str) -> None:
    """The schema is made, a row is written, and of two stores exactly one gets it."""
    async with (
        open_database(pooled_url, owner="first") as first,
        open_database(pooled_url, owner="second", beside=True) as second,
    ):
        job = await answered(first.jobs, make_job(state=State.PREPARING))
        found = await asyncio.gather(
            *(
                jobs.claim(Lane.PREPARE, now=NOW, lease_s=LEASE_S, limit=3)
                for jobs in (first.jobs, second.jobs)
            )
        )
        assert [claimed.id for jobs in found for claimed in jobs] == [job.id]


async def test_an_option_that_the_pooler_does_not_take_is_named(pooled_url: str) -> None:
    """PgBouncer refuses `options` at the start, and the operator reads that it is the URL's."""
    with pytest.raises(StorageUnavailable, match="refuses an option of the URL"):
        async with open_database(f"{pooled_url}&options=-cwork_mem%3D1MB", owner="first"):
            pass
