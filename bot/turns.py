"""Shares what there is little of among members, in rounds, so that one member's many wait together.

async with turns.turn(member, weight): ...      holds `weight` of the total for the block
"""

import asyncio
import contextlib
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncIterator, Hashable
from dataclasses import dataclass


@dataclass(slots=True)
class _Waiting:
    weight: int
    granted: "asyncio.Future[None]"


class Turns:
    """`total` places, bytes or whatever is held at once by everybody together.

    Those who wait are served in rounds, one turn for each key, first come first served within a
    key; no key holds more than `each` at once. A key that was served while others wait comes after
    those that were not, even if they came later. Nothing smaller overtakes the one whose turn it
    is, so that a large share is not starved.
    """

    def __init__(self, total: int, *, each: int | None = None) -> None:
        self._each = total if each is None else each
        self._free = total
        self._held: Counter[Hashable] = Counter()
        self._waiting: OrderedDict[Hashable, deque[_Waiting]] = OrderedDict()
        self._served = 0
        self._last: dict[Hashable, int] = {}
        """The number of each key's latest turn, as long as anything is held or waited for."""

    @contextlib.asynccontextmanager
    async def turn(self, key: Hashable, weight: int = 1) -> AsyncIterator[None]:
        """Hold `weight` for the block; more than a key may hold counts as that much."""
        weight = min(weight, self._each)
        await self._enter(key, weight)
        try:
            yield
        finally:
            self._leave(key, weight)

    async def _enter(self, key: Hashable, weight: int) -> None:
        mine = _Waiting(weight, asyncio.get_running_loop().create_future())
        self._waiting.setdefault(key, deque()).append(mine)
        self._serve()
        try:
            await mine.granted
        except asyncio.CancelledError:
            if mine.granted.cancelled():
                self._forget(key, mine)
                self._serve()
            else:  # granted just before
                self._leave(key, weight)
            raise

    def _leave(self, key: Hashable, weight: int) -> None:
        self._free += weight
        self._held[key] -= weight
        if not self._held[key]:
            del self._held[key]
        self._serve()
        if not self._held and not self._waiting:
            self._last.clear()

    def _serve(self) -> None:
        while (following := self._next()) is not None and following[1][0].weight <= self._free:
            key, line = following
            first = line.popleft()
            if not line:
                del self._waiting[key]
            if first.granted.cancelled():  # and its task has not heard of it yet
                continue
            self._served += 1
            self._last[key] = self._served
            self._free -= first.weight
            self._held[key] += first.weight
            first.granted.set_result(None)
            if line:
                self._waiting.move_to_end(key)

    def _next(self) -> tuple[Hashable, deque[_Waiting]] | None:
        """Return the line whose turn it is: of those whose key may hold what it waits for."""
        possible = [
            (key, line)
            for key, line in self._waiting.items()
            if self._held[key] + line[0].weight <= self._each
        ]
        return min(possible, key=lambda one: self._last.get(one[0], 0), default=None)

    def _forget(self, key: Hashable, mine: _Waiting) -> None:
        line = self._waiting.get(key, deque())
        if mine in line:
            line.remove(mine)
            if not line:
                del self._waiting[key]
