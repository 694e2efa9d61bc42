"""How late the event loop is: what blocks it makes every member wait."""

import asyncio
from collections import deque
from typing import Final

EVERY_S: Final = 0.5
"""How often the loop is tried: a block of this length is always seen."""
REMEMBERED_S: Final = 15.0
"""How long a late moment counts: as long as scrapers usually wait between two looks."""


class LoopLag:
    """Remembers how late the loop was lately. Moments are seconds of the loop's clock."""

    def __init__(self) -> None:
        self._late: deque[tuple[float, float]] = deque()

    async def watch(self) -> None:
        """Measure until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + EVERY_S
            await asyncio.sleep(EVERY_S)  # the loop's own time is measured, not the wall clock's
            self.note(loop.time() - due, loop.time())

    def note(self, late_s: float, at: float) -> None:
        """Record that a moment came so late."""
        self._late.append((at, max(0.0, late_s)))
        while self._late[0][0] < at - REMEMBERED_S:
            self._late.popleft()

    def worst_s(self, at: float) -> float:
        """Return the longest delay that is remembered at this moment; 0 if there was none."""
        return max((late for when, late in self._late if when >= at - REMEMBERED_S), default=0.0)
