"""Several operating-system processes over one database."""

import asyncio
import sys

from storage.job import State
from storage.store import JobStore
from tests.harness.storage.making import NOW, answered, make_job

PROCESSES = 3
JOBS = 60

WORKER = """
import asyncio, sys
from storage.engine import open_database
from storage.store import Lane

async def work(url, owner):
    async with open_database(url, owner=owner, beside=True) as database:
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        while taken := await database.jobs.claim(
            Lane.PREPARE, now=float(sys.argv[3]), lease_s=60.0, limit=3
        ):
            print(*(job.id for job in taken), flush=True)

asyncio.run(work(sys.argv[1], sys.argv[2]))
"""


async def test_claims_are_exclusive_across_processes(store: JobStore, url: str) -> None:
    """However many processes claim at once, every due row goes to exactly one."""
    wanted = [(await answered(store, make_job(state=State.PREPARING))).id for _ in range(JOBS)]
    workers = [
        await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            WORKER,
            url,
            f"worker-{number}",
            str(NOW),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        for number in range(PROCESSES)
    ]
    for worker in workers:
        assert worker.stdout is not None
        assert await worker.stdout.readline() == b"ready\n"
    ended = await asyncio.gather(*(worker.communicate(b"go\n") for worker in workers))
    assert [worker.returncode for worker in workers] == [0] * PROCESSES
    taken = [job_id for stdout, _ in ended for job_id in stdout.decode().split()]
    assert sorted(taken) == sorted(wanted)
