"""When a shard may identify: Discord's limits for starting sessions, read and kept.

discord.py 2.7.1 does not read `max_concurrency`: it waits five seconds between any two shards of a
process, and knows nothing about other processes.
"""

import asyncio
import contextlib
import math
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

import discord
import structlog
from discord.http import Route

from bot.clock import Clock
from bot.discord.command_sync import refused_for_good

IDENTIFY_EVERY_S: Final = 5.25
"""Discord allows one IDENTIFY in 5 s for each bucket (its documentation of the gateway, "Session
start limit"); the rest is for the way there, which may take longer for one than for the next."""
SHARDS_MAX: Final = 16_384
"""More than any bot has: a larger answer is not Discord's."""
CONCURRENCY_MAX: Final = 1_024
RENEWED_MAX_S: Final = 86_400.0
MS_PER_S: Final = 1_000

TakeTurn = Callable[[int], Awaitable[float]]
"""Takes the turn of a bucket among all processes; returns the seconds until it is free, 0 if it
was taken."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """What Discord says about starting sessions."""

    shards: int
    """As many as it recommends."""
    at_once: int
    """`max_concurrency`: how many shards may identify at once, one of each bucket."""
    left: int
    """How many sessions may be started before Discord resets the token."""
    renewed_in_s: float


UNKNOWN_LIMITS: Final = SessionLimits(shards=1, at_once=1, left=SHARDS_MAX, renewed_in_s=0.0)
"""What holds where nothing can be read: what every bot may do."""


async def session_limits(client: discord.Client) -> SessionLimits | None:
    """Ask Discord; None if it does not answer as documented.

    Raises `discord.HTTPException` for what may pass, `aiohttp.ClientError` or `OSError` if Discord
    can't be reached.
    """
    try:
        limits = read_limits(await client.http.request(Route("GET", "/gateway/bot")))
        reason = "unreadable answer"
    except discord.HTTPException as failed:
        if not refused_for_good(failed):
            raise
        limits, reason = None, f"HTTP {failed.status}"
    except ValueError:  # no JSON, whatever it calls itself
        limits, reason = None, "unreadable answer"
    if limits is None:
        log.warning("discord.shards_unknown", reason=reason)
    return limits


def read_limits(said: Any) -> SessionLimits | None:
    """Return what `GET /gateway/bot` answered, None if it is not readable."""
    if not isinstance(said, dict):
        return None
    start = said.get("session_start_limit")
    limit: dict[str, Any] = start if isinstance(start, dict) else {}
    shards = _number(said.get("shards"), 1, SHARDS_MAX)
    if shards is None:
        return None
    return SessionLimits(
        shards=shards,
        at_once=_number(limit.get("max_concurrency"), 1, CONCURRENCY_MAX) or 1,
        left=UNKNOWN_LIMITS.left if (left := _number(limit.get("remaining"), 0)) is None else left,
        renewed_in_s=min(RENEWED_MAX_S, (_number(limit.get("reset_after"), 0) or 0) / MS_PER_S),
    )


def _number(said: Any, least: int, most: int | None = None) -> int | None:
    known = isinstance(said, int) and not isinstance(said, bool) and said >= least
    return said if known and (most is None or said <= most) else None


class IdentifyTurns:
    """Lets the shards of a bucket identify one after the other, those of others beside them.

    A bucket is the shard's number modulo `at_once`. `take` shares the turns with other processes.
    """

    def __init__(self, clock: Clock, take: TakeTurn | None = None) -> None:
        self.at_once = 1
        self._clock = clock
        self._take = take
        self._waiting: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._last: dict[int, float] = {}

    @contextlib.asynccontextmanager
    async def turn(self, shard: int) -> AsyncIterator[None]:
        """Wait for the shard's turn, and hold it until its IDENTIFY is sent or has failed."""
        bucket = shard % self.at_once
        async with self._waiting[bucket]:
            since_s = self._clock.now() - self._last.get(bucket, -math.inf)
            if 0 <= since_s < IDENTIFY_EVERY_S:
                await self._clock.sleep(IDENTIFY_EVERY_S - since_s)
            while self._take is not None and (wait_s := await self._take(bucket)) > 0:
                await self._clock.sleep(wait_s)
            yield

    async def identifying(self, shard: int) -> None:
        """Note that this shard, whose turn it is, sends its IDENTIFY now."""
        self._last[shard % self.at_once] = self._clock.now()
