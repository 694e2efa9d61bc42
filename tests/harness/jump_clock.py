"""The wall clock, which a test may set forward: sleepers wake when their moment has come."""

import asyncio
import time


class JumpClock:
    """Satisfies `bot.clock.Clock`. Runs by itself, so that no test has to wake every sleeper."""

    def __init__(self) -> None:
        self._ahead_s = 0.0
        self._jumped = asyncio.Event()
        self.asleep = asyncio.Event()
        """Set once anybody has begun to sleep."""

    def now(self) -> float:
        return time.time() + self._ahead_s

    async def sleep(self, seconds: float) -> None:
        until = self.now() + seconds
        await asyncio.sleep(0)
        self.asleep.set()
        while (left := until - self.now()) > 0:
            try:
                async with asyncio.timeout(left):
                    await self._jumped.wait()
            except TimeoutError:
                continue

    def jump(self, seconds: float) -> None:
        """Set the clock forward."""
        self._ahead_s += seconds
        self._jumped.set()
        self._jumped = asyncio.Event()
