"""The wall clock, which a test may set forward: sleepers wake when their moment has come."""

import asyncio
import time
from collections.abc import Coroutine
from typing import Any


class JumpClock:
    """Satisfies `bot.clock.Clock`. Runs by itself, so that no test has to wake every sleeper."""

    def __init__(self) -> None:
        self._ahead_s = 0.0
        self._skipped_s = 0.0
        """By how much it was set forward; a sleeper doesn't sleep longer if it is set back."""
        self._jumped = asyncio.Event()
        self.asleep = asyncio.Event()
        """Set once anybody has begun to sleep."""

    def now(self) -> float:
        return time.time() + self._ahead_s

    def sleep(self, seconds: float) -> Coroutine[Any, Any, None]:
        """Sleep from now on, even if it is awaited later, such as by a task that is yet to begin.

        A clock that is set forward in between would else not wake it.
        """
        return self._sleep(self._passed_s() + seconds)

    async def _sleep(self, until: float) -> None:
        await asyncio.sleep(0)
        self.asleep.set()
        while (left := until - self._passed_s()) > 0:
            try:
                async with asyncio.timeout(left):
                    await self._jumped.wait()
            except TimeoutError:
                continue

    def jump(self, seconds: float) -> None:
        """Set the clock forward, or back by a negative time."""
        self._ahead_s += seconds
        self._skipped_s += max(0.0, seconds)
        self._jumped.set()
        self._jumped = asyncio.Event()

    def _passed_s(self) -> float:
        return time.monotonic() + self._skipped_s
