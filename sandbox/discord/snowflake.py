"""Discord's ids: numbers that contain the millisecond of their creation."""

from sandbox.clock import Clock

DISCORD_EPOCH_MS = 1_420_070_400_000
TIMESTAMP_SHIFT_BITS = 22


class Snowflakes:
    """Issues ids that always rise and contain the clock's time where possible."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = 0

    def mint(self) -> int:
        """Return an id greater than every one before it."""
        milliseconds = int(self._clock.now() * 1000) - DISCORD_EPOCH_MS
        self._last = max(self._last + 1, milliseconds << TIMESTAMP_SHIFT_BITS)
        return self._last

    def mint_on(self, shard: int, count: int) -> int:
        """Return the next id that belongs to this shard of so many; some milliseconds later."""
        millisecond = (self.mint() >> TIMESTAMP_SHIFT_BITS) + 1
        millisecond += (shard - millisecond) % count
        self._last = millisecond << TIMESTAMP_SHIFT_BITS
        return self._last


def created_at(snowflake: int) -> float:
    """Return the Unix time in seconds at which the id was made."""
    return ((snowflake >> TIMESTAMP_SHIFT_BITS) + DISCORD_EPOCH_MS) / 1000
