"""The housekeeper's first duty: what is old is deleted, at intervals."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

import structlog

from bot.background import each
from bot.clock import Clock
from storage.errors import StorageUnavailable
from storage.store import JobStore

PURGE_EVERY_S: Final = 6 * 3_600.0

log = structlog.get_logger(__name__)


class Tidying:
    """Deletes jobs, inputs, books and small notes by their age."""

    def __init__(
        self, clock: Clock, *, inputs_kept_s: float, jobs_kept_s: float, books_kept_s: float
    ) -> None:
        self._clock = clock
        self._inputs_kept_s = inputs_kept_s
        self._jobs_kept_s = jobs_kept_s
        self._books_kept_s = books_kept_s

    async def keep_tidy(self, store: JobStore) -> None:
        """Delete what is old, at intervals, until cancelled."""
        while True:
            now = self._clock.now()
            try:
                await each(self._duties(store, now))
            except StorageUnavailable:
                log.exception("purge.failed")
            await self._clock.sleep(PURGE_EVERY_S)

    def _duties(self, store: JobStore, now: float) -> tuple[Callable[[], Awaitable[object]], ...]:
        return (
            partial(store.end_unknown, now=now),
            partial(store.purge_books, now=now, older_s=self._books_kept_s),
            partial(
                store.purge,
                now=now,
                inputs_older_s=self._inputs_kept_s,
                jobs_older_s=self._jobs_kept_s,
            ),
            partial(store.purge_notices, now=now),
        )
