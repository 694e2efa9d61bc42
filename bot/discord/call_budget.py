"""Discord's limit of calls a second, shared by all processes that use the token.

Discord allows 50 a second for a bot, whichever machine they come from; answers to interactions do
not count (its documentation, Rate Limits). Each process leases a share for ten seconds at a time,
and calls no faster than that.
"""

import asyncio
from typing import Final, Protocol

import structlog

from bot.clock import Clock
from storage.errors import StorageUnavailable

CALLS_PER_S: Final = 45.0
"""All processes together; Discord's limit is 50."""
LEASE_S: Final = 10.0
LEAST_PER_S: Final = 5.0
"""What a process asks for that has nothing to say: its first call should not wait."""
HEADROOM: Final = 2.0
"""More than it used lately, so that it does not ask again at once."""
AGAIN_S: Final = 1.0
"""How often a process asks for more at most."""
ALONE_PER_S: Final = 5.0
"""Where the database does not answer: so many processes may do the same."""
ANSWER_S: Final = 2.0
BURST_SHARE: Final = 12.0
"""A twelfth of a second's calls may go at once after a pause: with 45 a second, no second has more
than 50."""

log = structlog.get_logger(__name__)


class Shares(Protocol):
    """Who shares out calls; a `JobStore`."""

    async def lease_calls(
        self, *, now: float, wanted_per_s: float, total_per_s: float, lease_s: float
    ) -> float:
        """Lease a share until `now + lease_s`; return it. Raises `StorageUnavailable`."""
        ...


class CallBudget:
    """Lets calls of this process pass one by one, as fast as its share allows."""

    def __init__(self, shares: Shares, clock: Clock) -> None:
        self._shares = shares
        self._clock = clock
        self._line = asyncio.Lock()
        self._waiting = 0
        self._calls = 0
        """Since the lease began."""
        self._per_s = 0.0
        self._leased_at = 0.0
        self._due_at = 0.0
        """When the next call would be due without a pause before it."""

    async def turn(self) -> None:
        """Return once the next call may be made; first come, first served."""
        self._waiting += 1
        try:
            async with self._line:
                await self._wait()
        finally:
            self._waiting -= 1

    async def _wait(self) -> None:
        while True:
            now = self._clock.now()
            age_s = now - self._leased_at
            short = self._per_s <= 0.0 or self._waiting > self._per_s
            if not 0.0 <= age_s < LEASE_S or (short and age_s >= AGAIN_S):
                await self._lease(now, age_s)
            if self._per_s <= 0.0:
                await self._clock.sleep(AGAIN_S)
            elif await self._pace(now):
                return

    async def _pace(self, now: float) -> bool:
        """Keep calls apart; after a pause a few may go at once.

        Tell whether the call may be made: not if this lease ends before its turn comes.
        """
        apart_s = 1.0 / self._per_s
        early_s = max(0.0, self._per_s / BURST_SHARE - 1.0) * apart_s
        due_at = max(self._due_at, now)
        if due_at - now > early_s + 2.0 * apart_s:  # the clock was set back, or the share has grown
            due_at = now
        wait_s = due_at - early_s - now
        left_s = self._leased_at + LEASE_S - now
        if wait_s > left_s:
            await self._clock.sleep(left_s)
            self._per_s = 0.0  # the share is over: ask for another
            return False
        self._due_at = due_at + apart_s
        self._calls += 1
        if wait_s > 0.0:
            await self._clock.sleep(wait_s)
        return True

    async def _lease(self, now: float, age_s: float) -> None:
        used_per_s = self._calls / max(AGAIN_S, age_s)
        wanted = max(LEAST_PER_S, HEADROOM * used_per_s, float(self._waiting))
        try:
            async with asyncio.timeout(ANSWER_S):
                self._per_s = await self._shares.lease_calls(
                    now=now,
                    wanted_per_s=min(wanted, CALLS_PER_S),
                    total_per_s=CALLS_PER_S,
                    lease_s=LEASE_S,
                )
        except (StorageUnavailable, TimeoutError):
            self._per_s = ALONE_PER_S
        self._leased_at, self._calls = now, 0
        log.debug("discord.calls_leased", per_s=self._per_s)
