"""When media workers start and leave."""

import asyncio
import os
import signal

import pytest

from bot.errors import MediaWorkerFailed
from bot.media.pool import IDLE_S, MediaPool
from tests.harness.manual_clock import ManualClock
from tests.harness.media.workers import is_alive, until_busy


async def until_asleep(clock: ManualClock) -> None:
    while clock.next_wake is None:  # noqa: ASYNC110 - as it is
        await asyncio.sleep(0)


async def until_none_is_idle(pool: MediaPool) -> None:
    while pool._resting is not None and not pool._resting.done():  # noqa: ASYNC110 - as it is
        await asyncio.sleep(0)


async def test_workers_leave_when_nothing_is_asked_of_them() -> None:
    """After `IDLE_S` without a task the process is gone; the next task has another one."""
    clock = ManualClock()
    async with MediaPool(size=1, clock=clock) as pool:
        first = await pool.run(os.getpid)
        await until_asleep(clock)
        assert await pool.run(os.getpid) == first
        clock.advance(IDLE_S)
        await until_asleep(clock)
        assert is_alive(first), "it was used since"
        clock.advance(IDLE_S)
        await until_none_is_idle(pool)
        assert not is_alive(first)
        assert await pool.run(os.getpid) != first


async def test_a_busy_worker_stays() -> None:
    """However long a task takes, its worker is not ended meanwhile: it dies of what kills it."""
    clock = ManualClock()
    async with MediaPool(size=1, clock=clock) as pool:
        pid = await pool.run(os.getpid)
        await until_asleep(clock)
        task = asyncio.create_task(pool.run(signal.pause))
        await until_busy(pool)
        for _ in range(3):
            clock.advance(IDLE_S)
            await until_asleep(clock)
        assert is_alive(pid)
        os.kill(pid, signal.SIGALRM)
        with pytest.raises(MediaWorkerFailed):
            await task


async def test_an_expected_task_finds_a_worker() -> None:
    """`expect` starts one worker, however often it is called, and none if there is one."""
    async with MediaPool(size=1) as pool:
        pool.expect()
        pool.expect()
        pid = await pool.run(os.getpid)
        pool.expect()
        assert await pool.run(os.getpid) == pid
        assert [worker._process.pid for worker in pool._idle] == [pid]
