"""New work wakes the other processes, and where nothing is heard they look soon all the same."""

import asyncio
from pathlib import Path

from bot.jobs.poison import Poison
from bot.jobs.wakeups import Wakeups
from bot.jobs.worker import IDLE_MAX_S, IDLE_SHARED_S, JobWorker
from storage.engine import open_database
from storage.store import JobStore
from tests.harness.failing_steps import LIMITS
from tests.harness.jump_clock import JumpClock
from tests.harness.postgres_server import Server
from tests.jobs.test_worker_sleep import _tell_nobody


async def test_a_job_that_one_accepts_wakes_the_other(server: Server) -> None:
    """However many at once; and nobody wakes itself that way."""
    url, clock = await server.database.emptied(), JumpClock()
    async with (
        open_database(url, owner="run") as first,
        open_database(url, owner="worker") as second,
        asyncio.TaskGroup() as both,
    ):
        woken, mine = asyncio.Event(), asyncio.Event()
        here = Wakeups(first.jobs, clock, mine.set)
        there = Wakeups(second.jobs, clock, woken.set)
        tasks = [both.create_task(there.run())]
        await woken.wait()  # each looks once it listens
        woken.clear()
        tasks.append(both.create_task(here.run()))
        for heard in (mine, woken):  # and hears others begin
            await heard.wait()
            heard.clear()
        for _ in range(100):
            here.tell()
        await woken.wait()
        assert not mine.is_set()
        for task in tasks:
            task.cancel()


def _worker(store: JobStore, clock: JumpClock) -> JobWorker:
    return JobWorker(
        store,
        clock,
        [],
        lambda _: None,
        lambda _: None,
        Poison(clock, _tell_nobody, LIMITS),
        on_failure=lambda _: None,
    )


async def test_without_a_wake_up_a_shared_database_is_looked_at_soon(
    server: Server, tmp_path: Path
) -> None:
    """Within seconds where other processes work on it; a file has only an operator's shell."""
    clock = JumpClock()
    for url, at_most_s in (
        (await server.database.emptied(), IDLE_SHARED_S),
        (f"sqlite:///{tmp_path / 'kling.db'}", IDLE_MAX_S),
    ):
        async with open_database(url, owner="bot") as database:
            worker = _worker(database.jobs, clock)
            assert abs(await worker._next_look_at() - clock.now() - at_most_s) < 1.0
    assert IDLE_SHARED_S <= 2.0
