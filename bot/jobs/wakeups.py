"""Wake-ups between processes: whoever adds work tells the others, who look at once.

Only a hint: where none arrives (a pooler in transaction mode passes none on), each process looks by
itself at the latest after `bot.jobs.worker.IDLE_SHARED_S`.
"""

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from bot.clock import Clock
from storage.errors import StorageError, StorageUnavailable
from storage.store import JobStore

TELL_EVERY_S: Final = 0.05
"""Many jobs at once are one announcement."""
LISTEN_AGAIN_S: Final = 5.0
DEAF_S: Final = 600.0
"""After this long it is tried again whether announcements arrive: a pooler may be gone."""

log = structlog.get_logger(__name__)


class Wakeups:
    """Announces work to other processes, and hears theirs."""

    def __init__(self, store: JobStore, clock: Clock, wake: Callable[[], None]) -> None:
        self._store = store
        self._clock = clock
        self._wake = wake
        self._to_tell = asyncio.Event()

    def tell(self) -> None:
        """Let the others look at the database soon; nothing waits for this."""
        self._to_tell.set()

    async def run(self) -> None:
        """Announce and hear, until cancelled; returns at once where nobody else is."""
        if not self._store.shared:
            await asyncio.Event().wait()
        async with asyncio.TaskGroup() as both:
            both.create_task(self._announce())
            both.create_task(self._listen())

    async def _announce(self) -> None:
        while True:
            await self._to_tell.wait()
            self._to_tell.clear()
            try:
                await self._store.announce_work()
            except StorageError:
                log.debug("wakeups.not_announced")
            await self._clock.sleep(TELL_EVERY_S)

    async def _listen(self) -> None:
        while True:
            wait_s = LISTEN_AGAIN_S
            try:
                await self._store.hear_work(self._wake)
            except StorageUnavailable as trouble:
                log.info("wakeups.not_heard", reason=trouble.reason, detail=trouble.detail)
                wait_s = DEAF_S if trouble.reason == "deaf" else LISTEN_AGAIN_S
            except Exception:
                # Whatever a driver raises on a connection that broke: looking goes on without it.
                log.info("wakeups.not_heard", exc_info=True)
            await self._clock.sleep(wait_s)
