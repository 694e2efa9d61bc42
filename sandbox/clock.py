"""Time, passed in: the one place where the local worlds meet the wall clock."""

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """What everything that depends on time is given, so that a test can own time."""

    def now(self) -> float:
        """Unix time in seconds."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return once `seconds` have passed on this clock; at once for zero or less."""
        ...


class SystemClock:
    """The clock on the wall."""

    def now(self) -> float:
        """Unix time in seconds."""
        return time.time()

    async def sleep(self, seconds: float) -> None:
        """Return once `seconds` have passed."""
        await asyncio.sleep(max(0.0, seconds))
