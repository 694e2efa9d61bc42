"""How long the background loop may sleep while it has nothing to do."""

import asyncio
from pathlib import Path

from bot.jobs.poison import Poison
from bot.jobs.worker import IDLE_MAX_S, LOOK_EVERY_S, JobWorker
from storage.engine import open_database
from tests.harness.failing_steps import LIMITS

NIGHT_S = 8 * 3_600.0


class SetBack:
    """A clock that is set back by a night between a look and the sleep after it."""

    def __init__(self) -> None:
        self._now = 1_000_000.0
        self.slept: asyncio.Queue[float] = asyncio.Queue()

    def now(self) -> float:
        return self._now

    async def sleep(self, seconds: float) -> None:
        if seconds == LOOK_EVERY_S:
            self._now -= NIGHT_S
            return
        self.slept.put_nowait(seconds)
        await asyncio.Event().wait()


async def _tell_nobody(key: str, **facts: str | float) -> bool:
    return True


async def test_a_clock_set_back_as_the_loop_goes_to_sleep_does_not_stop_it(tmp_path: Path) -> None:
    """It never sleeps longer than when idle, whatever the moment planned is away by now."""
    clock = SetBack()
    async with open_database(f"sqlite:///{tmp_path / 'kling.db'}", owner="bot") as database:
        worker = JobWorker(
            database.jobs,
            clock,
            [],
            lambda _: None,
            lambda _: None,
            Poison(clock, _tell_nobody, LIMITS),
            on_failure=lambda _: None,
        )
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(worker.run())
            assert await clock.slept.get() <= IDLE_MAX_S
            await worker.stop(0.0)
