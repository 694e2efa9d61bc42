"""In which servers the bot is, and what becomes of those that it left."""

import asyncio
from collections.abc import Callable, Collection

import structlog

from bot.clock import Clock
from bot.domain.policy.delivery import PICKUP_S
from storage.errors import StorageUnavailable
from storage.store import JobStore

log = structlog.get_logger(__name__)


class Retention:
    """Notes when the bot leaves a server and, long after, forgets everything of it.

    `here` returns the servers that Discord last said the bot is in. One that Discord cannot show
    because of an outage is among them: it was not left.
    """

    def __init__(
        self,
        store: JobStore,
        clock: Clock,
        here: Callable[[], Collection[int]],
        wake: Callable[[], None],
    ) -> None:
        self._store = store
        self._clock = clock
        self._here = here
        self._wake = wake
        self._to_look = asyncio.Event()

    def look(self) -> None:
        """Have what is remembered brought up to date; only once Discord has said where the bot is.

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

    async def _bring_up_to_date(self) -> None:
        now = self._clock.now()
        await self._store.see_guilds(self._here(), now=now)
        forgotten = await self._store.forget_guilds(now=now, left_older_s=PICKUP_S)
        if forgotten.guilds:
            log.info("guilds.forgotten", guilds=forgotten.guilds, jobs=forgotten.jobs)
            self._wake()  # what was forgotten may have held a slot
