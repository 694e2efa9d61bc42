"""A clock that stands still until a test moves it."""

import asyncio
import heapq
import itertools

START_UNIX_S = 1_800_000_000.0


class ManualClock:
    """Satisfies `bot.clock.Clock`; sleepers wake when `advance` passes their moment, in order."""

    def __init__(self, start_unix_s: float = START_UNIX_S) -> None:
        self._now = start_unix_s
        self._order = itertools.count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def now(self) -> float:
        return self._now

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now + seconds, next(self._order), done))
        await done

    @property
    def next_wake(self) -> float | None:
        """When the earliest sleeper wakes (Unix seconds), or None without a sleeper."""
        while self._sleepers and self._sleepers[0][2].done():
            heapq.heappop(self._sleepers)
        return self._sleepers[0][0] if self._sleepers else None

    def advance(self, seconds: float) -> None:
        """Move time on and wake everybody whose moment has come."""
        self._now += seconds
        while self._sleepers and self._sleepers[0][0] <= self._now:
            _, _, done = heapq.heappop(self._sleepers)
            if not done.done():
                done.set_result(None)
