"""Discord's time, as its answers tell it: messages are numbered by it, whatever our clock says."""

import asyncio
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Final

from bot.clock import Clock

FRESH_S: Final = 60.0
"""For how long an answer's `Date` stands for the time of a request that follows it."""


class DiscordTime:
    """Remembers the `Date` of the latest answer (RFC 9110, 6.6.1: whole seconds)."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._date: float | None = None
        self._heard_at = 0.0
        self._heard_on_the_loop = 0.0

    def asked(self) -> tuple[float, float]:
        """Return the moment of a request that begins: by our clock, and by the loop's."""
        return self._clock.now(), asyncio.get_running_loop().time()

    def heard(self, date: str | None, asked: tuple[float, float]) -> None:
        """Take the header of an answer to a request of that moment; an unreadable one says nothing.

        The answer may have been written long before it is read, if the machine slept in between: it
        counts from the beginning of its request.
        """
        try:
            told = parsedate_to_datetime(date or "")
        except ValueError:
            return
        self._date = told.replace(tzinfo=told.tzinfo or UTC).timestamp()
        self._heard_at, self._heard_on_the_loop = asked

    def latest(self) -> float | None:
        """Return the time of the latest answer (Unix seconds), however old: it is later now."""
        return self._date

    def now(self) -> float | None:
        """Return Discord's time, at most `FRESH_S` too early; None if no answer is recent.

        Recent by our clock and by the loop's: the one may be set back, the other stands still while
        the machine is suspended.
        """
        by_clock_s = self._clock.now() - self._heard_at
        by_loop_s = asyncio.get_running_loop().time() - self._heard_on_the_loop
        fresh = 0.0 <= by_clock_s <= FRESH_S and by_loop_s <= FRESH_S
        return self._date if fresh else None
