"""Which process sends a message that several of them have to say."""

import asyncio
from typing import Final

import structlog

from storage.errors import StorageUnavailable
from storage.store import JobStore

SENDING_S: Final = 60.0
"""How long a process may take to send it, before another one may try."""
DATABASE_S: Final = 2.0
"""How long the database may take: a notice may be about that it does not answer."""

log = structlog.get_logger(__name__)


class Once:
    """Asks the database whether any process has lately sent the same. Never raises."""

    def __init__(self, store: JobStore) -> None:
        self._store = store

    async def is_ours(self, about: str, *, now: float, every_s: float) -> bool:
        """Tell whether to send it: nobody did in the last `every_s` seconds, or is just doing it.

        Yes, if the database can't tell.
        """
        try:
            async with asyncio.timeout(DATABASE_S):
                return await self._store.may_notify(
                    about, now=now, every_s=every_s, sending_s=SENDING_S
                )
        except (StorageUnavailable, TimeoutError):
            return True

    async def was_sent(self, about: str, *, now: float) -> None:
        """Record that it was sent."""
        try:
            async with asyncio.timeout(DATABASE_S):
                await self._store.notified(about, now=now)
        except (StorageUnavailable, TimeoutError):
            log.warning("notice.not_noted", notice=about)
