"""What is forgotten when: old jobs with their inputs, and everything of servers that were left."""

import asyncio
from collections.abc import Callable, Collection
from typing import Final

import structlog

from bot.clock import Clock
from bot.domain.policy.delivery import PICKUP_S
from storage.errors import StorageUnavailable
from storage.store import JobStore

PURGE_EVERY_S: Final = 6 * 3_600.0

log = structlog.get_logger(__name__)


class Retention:
    """Forgets what is old, and notes when the bot leaves a server and, long after, forgets that.

    `here` returns the servers that Discord last said the bot is in, None before it has said so. One
    that Discord cannot show because of an outage is among them: it was not left.
    """

    def __init__(
        self,
        store: JobStore,
        clock: Clock,
        here: Callable[[], Collection[int] | None],
        wake: Callable[[], None],
        *,
        inputs_kept_s: float,
        jobs_kept_s: float,
    ) -> None:
        self._store = store
        self._clock = clock
        self._here = here
        self._wake = wake
        self._inputs_kept_s = inputs_kept_s
        self._jobs_kept_s = jobs_kept_s
        self._to_look = asyncio.Event()

    def look(self) -> None:
        """Have what is remembered of servers brought up to date.

        However many events ask for it, whoever looks last sees the newest.
        """
        self._to_look.set()

    async def follow(self) -> None:
        """Look as often as it is asked for, for as long as the bot runs.

        Whatever cannot be written now is found by the next look.
        """
        while True:
            await self._to_look.wait()
            self._to_look.clear()
            try:
                await self._bring_up_to_date()
            except StorageUnavailable as trouble:
                log.warning("guilds.not_noted", reason=trouble.reason)
            except Exception:
                # Nobody would notice that nothing is noted, or forgotten, any more.
                log.exception("guilds.failed")

    async def keep_tidy(self) -> None:
        """Forget what is old, now and then, for as long as the bot runs."""
        while True:
            try:
                await self._store.purge(
                    now=self._clock.now(),
                    inputs_older_s=self._inputs_kept_s,
                    jobs_older_s=self._jobs_kept_s,
                )
            except StorageUnavailable:
                log.exception("purge.failed")
            self.look()
            await self._clock.sleep(PURGE_EVERY_S)

    async def _bring_up_to_date(self) -> None:
        now = self._clock.now()
        here = self._here()
        if here is None:
            return
        await self._store.see_guilds(here, now=now)
        forgotten = await self._store.forget_guilds(now=now, left_older_s=PICKUP_S)
        if forgotten.guilds:
            log.info("guilds.forgotten", guilds=forgotten.guilds, jobs=forgotten.jobs)
            self._wake()  # what was forgotten may have held a slot
