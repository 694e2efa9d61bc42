"""A clock that jumps to the next due moment as soon as everything is at rest."""

import asyncio
from typing import Any, Final

from bot.jobs.worker import IDLE_MAX_S, JobWorker
from tests.harness.jump_clock import JumpClock

QUIET_S: Final = 0.08
"""Longer than the loop's shortest sleep: who stirs within it was not at rest."""
BUSY_S: Final = 1.0
"""How long a step may take without a stir before it is looked at again."""


class RestClock(JumpClock):
    """Knows all sleepers, so that time passes at once while everything else is idle.

    Within a step time runs as on the wall clock, so that real waits (discord.py between its tries,
    a slow body) stay in proportion to the windows of both worlds.
    """

    def __init__(self) -> None:
        super().__init__()
        self._sleepers: dict[asyncio.Task[Any] | None, float] = {}
        self._stirred = asyncio.Event()
        self.jumped_s = 0.0

    async def sleep(self, seconds: float) -> None:
        sleeper = asyncio.current_task()
        self._sleepers[sleeper] = self.now() + seconds
        self._stirred.set()
        try:
            await super().sleep(seconds)
        finally:
            self._sleepers.pop(sleeper, None)
            self._stirred.set()

    async def rest(self, loop: JobWorker) -> None:
        """Wait until no step does anything but sleep, and set the clock to the next moment.

        Never further than the loop itself would rest: a row that is just being claimed keeps its
        lease.
        """
        while True:
            awake = loop._tasks - set(self._sleepers)
            self._stirred.clear()
            try:
                async with asyncio.timeout(BUSY_S if awake else QUIET_S):
                    await self._stirred.wait()
            except TimeoutError:
                if not awake and not loop._tasks - set(self._sleepers):
                    break
        wait_s = min([IDLE_MAX_S, *(until - self.now() for until in self._sleepers.values())])
        if wait_s > 0:
            self.jumped_s += wait_s
            self.jump(wait_s)
