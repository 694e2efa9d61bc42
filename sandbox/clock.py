"""Time, passed in: the only module of the sandbox that reads the wall clock."""

import asyncio
import time
from typing import Final, Protocol

PATIENCE_S: Final = 180.0
"""How long to wait for what must come, in real time, also where a machine stands still for a while;
only a failure takes that long."""


class Clock(Protocol):
    """Passed to everything that depends on time, so that a test can control it."""

    def now(self) -> float:
        """Unix time in seconds."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return once `seconds` have passed on this clock; immediately for zero or less."""
        ...


class SystemClock:
    """The wall clock."""

    def now(self) -> float:
        """Unix time in seconds."""
        return time.time()

    async def sleep(self, seconds: float) -> None:
        """Return once `seconds` have passed."""
        await asyncio.sleep(max(0.0, seconds))
