"""When a bot may identify, and how many servers a shard may hold."""

from dataclasses import dataclass

from sandbox.clock import Clock

IDENTIFIES_PER_DAY = 1000
GUILDS_PER_SHARD_MAX = 2500
"""Discord closes a shard of more with 4011 (its documentation of the gateway, "Sharding")."""
IDENTIFY_WINDOW_S = 5.0
DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Identify:
    """An IDENTIFY that arrived; `in_time` unless another one of its bucket came just before."""

    at: float
    shard: int
    count: int
    in_time: bool


class SessionStarts:
    """Discord's rules for starting sessions, as `/gateway/bot` tells them.

    Switches: `recommended_shards`; `max_concurrency`: how many buckets of shards may identify at
    once; `paced`: refuse an IDENTIFY within five seconds of another of its bucket (shard modulo
    `max_concurrency`); `guilds_per_shard_max`. `identifies` holds what arrived.
    """

    def __init__(self, clock: Clock) -> None:
        self.recommended_shards = 1
        self.max_concurrency = 1
        self.paced = False
        self.guilds_per_shard_max = GUILDS_PER_SHARD_MAX
        self.identifies: list[Identify] = []
        self._clock = clock
        self._day_began = clock.now()
        self._left = IDENTIFIES_PER_DAY
        self._last: dict[int, float] = {}

    @property
    def left(self) -> int:
        """How many sessions may be started today."""
        self._renew()
        return max(0, self._left)

    @property
    def reset_after_s(self) -> float:
        """How long until the day's number is full again."""
        self._renew()
        return self._day_began + DAY_S - self._clock.now()

    def take(self, shard: int, count: int) -> bool:
        """Count an IDENTIFY; tell whether it came in time."""
        self._renew()
        now, bucket = self._clock.now(), shard % self.max_concurrency
        waited_s = now - self._last.get(bucket, 0.0)
        in_time = waited_s >= IDENTIFY_WINDOW_S or not self.paced
        self.identifies.append(Identify(now, shard, count, in_time))
        self._left -= 1
        if in_time:
            self._last[bucket] = now
        return in_time

    def use_up(self) -> None:
        """Leave no session for today."""
        self._renew()
        self._left = 0

    def _renew(self) -> None:
        if self._clock.now() - self._day_began >= DAY_S:
            self._day_began, self._left = self._clock.now(), IDENTIFIES_PER_DAY
