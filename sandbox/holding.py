"""Requests that a scripted fault holds until it is told to let them go."""

import asyncio
from dataclasses import dataclass, field


@dataclass(eq=False, kw_only=True, slots=True)
class Holding:
    """The handle by which a test lets go of what is held, or loses it."""

    lost: bool = False
    """Nothing comes of what is held, once it is let go: it was on a wire that is gone."""
    _released: asyncio.Event = field(default_factory=asyncio.Event)

    def release(self) -> None:
        """Let go of everything held, now and later."""
        self._released.set()

    def lose(self) -> None:
        """Let nothing come of what is held."""
        self.lost = True
        self.release()

    async def released(self) -> None:
        """Return once `release` was called."""
        await self._released.wait()
