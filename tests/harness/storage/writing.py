"""A process that writes to a database as fast as it can, and says what it has acknowledged.

`writing.py URL`: several jobs at once go through their lives, with inputs large enough for the log
to be copied back into the file every few seconds. A line for each acknowledgement: the job's id and
the state that was written down.
"""

import asyncio
import os
import sys
from dataclasses import replace

from storage.engine import open_database
from storage.job import State
from storage.store import JobStore, Lane
from tests.harness.storage.making import LEASE_S, NOW, PICTURE, make_delivery, make_job

AT_ONCE = 6
INPUT = replace(PICTURE, data=bytes(range(256)) * 400)
MANY = 99


def acknowledge(job_id: str, state: State) -> None:
    """Say it in one write to the pipe: it is said, or the process was stopped before."""
    os.write(1, f"{job_id} {state}\n".encode())


async def enter(store: JobStore) -> None:
    while True:
        job = make_job(state=State.PREPARING)
        await store.insert(job, [INPUT])
        await store.mark_answered(job.id, message_id=1, now=NOW, due_at=NOW)
        acknowledge(job.id, State.PREPARING)


async def work(store: JobStore) -> None:
    while True:
        for job in await store.claim(Lane.PREPARE, now=NOW, lease_s=LEASE_S, limit=MANY):
            held = await store.move(job, State.READY, now=NOW, keep=True)
            acknowledge(job.id, State.READY)
            held = await store.plan(held, [make_delivery(job)], now=NOW)
            acknowledge(job.id, State.POSTING)
            await store.move(held, State.DONE, now=NOW)
            acknowledge(job.id, State.DONE)


async def main(url: str) -> None:
    async with open_database(url, owner="bot") as database, asyncio.TaskGroup() as tasks:
        for _ in range(AT_ONCE):
            tasks.create_task(enter(database.jobs))
        tasks.create_task(work(database.jobs))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
