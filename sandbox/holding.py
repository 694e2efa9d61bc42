"""Requests that a scripted fault holds until it is told to release them."""

import asyncio
from dataclasses import dataclass, field


@dataclass(eq=False, kw_only=True, slots=True)
class Holding:
    """The handle by which a test releases what is held, or drops it."""

    lost: bool = False
    """What is held has no effect once it is released: its connection is gone."""
    _released: asyncio.Event = field(default_factory=asyncio.Event)

    def release(self) -> None:
        """Release everything held, now and later."""
        self._released.set()

    def lose(self) -> None:
        """Drop what is held."""
        self.lost = True
        self.release()

    async def released(self) -> None:
        """Return once `release` was called."""
        await self._released.wait()
