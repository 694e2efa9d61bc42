"""What a simulated day came to: waiting times, calls by the minute, and what the database took."""

import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from sqlalchemy import Connection

from bench.scale_demand import START
from storage.connections import Connections

MINUTE_S: Final = 60.0

Result = TypeVar("Result")


@dataclass(slots=True)
class Day:
    """What a day came to."""

    servers: int
    slots: int
    asked: int = 0
    refused: int = 0
    waits_s: list[float] = field(default_factory=list)
    shown_s: list[float] = field(default_factory=list)
    """From the end of a task at Kling to the message."""
    busy_slot_s: float = 0.0
    line_max: int = 0
    calls: Counter[tuple[int, str]] = field(default_factory=Counter)
    """By minute of the day and kind: requests to Discord and Kling, reads and writes."""
    cpu_s: defaultdict[int, float] = field(default_factory=lambda: defaultdict(float))
    """Of the database, by minute of the day."""

    def in_minutes(self, first: int, past: int, kind: str) -> float:
        """Return how many calls of this kind there were a second, in these minutes."""
        counted = sum(self.calls[minute, kind] for minute in range(first, past))
        return counted / ((past - first) * MINUTE_S)

    def cpu_share(self, first: int, past: int) -> float:
        """Return the share of a core that the database took in these minutes."""
        return sum(self.cpu_s[minute] for minute in range(first, past)) / (
            (past - first) * MINUTE_S
        )


class Time:
    """`bot.clock.Clock` that stands still until the simulation moves it."""

    def __init__(self) -> None:
        self.moment = START

    def now(self) -> float:
        """Return the simulated moment."""
        return self.moment

    async def sleep(self, seconds: float) -> None:
        """Never: nothing here waits."""
        raise NotImplementedError(seconds)


class Counted:
    """`storage.connections.Connections` that counts and measures what goes through it."""

    def __init__(self, inner: Connections, day: Day, clock: Time) -> None:
        self.dialect = inner.dialect
        self._inner = inner
        self._day = day
        self._clock = clock

    async def read(self, work: Callable[[Connection], Result]) -> Result:
        """Read, and count it."""
        found: Result = await self._measured("reads", self._inner.read(work))
        return found

    async def write(self, work: Callable[[Connection], Result], *, urgent: bool = False) -> Result:
        """Write, and count it."""
        found: Result = await self._measured("writes", self._inner.write(work, urgent=urgent))
        return found

    async def _measured(self, kind: str, waiting: Any) -> Any:
        minute = minute_of(self._clock.moment)
        self._day.calls[minute, kind] += 1
        began = time.process_time()
        try:
            return await waiting
        finally:
            self._day.cpu_s[minute] += time.process_time() - began


def minute_of(moment: float) -> int:
    """Return the minute since the day began; the next day goes on counting."""
    return int((moment - START) // MINUTE_S)
