"""Puts the files of hidden results behind spoilers, in the messages that are there already.

Discord marks the files that a message has; nothing is uploaded or posted again, so every try may be
repeated. What is composed after a job was hidden goes out as a spoiler by itself.
"""

from collections.abc import Iterable
from typing import Final

import structlog

from bot.clock import Clock
from bot.delivery.showcase import Managers
from bot.discord.poster import Poster
from bot.domain.policy.backoff import DAY_S, HOUR_S, RATE_AGAIN_MAX_S, backoff_s
from bot.domain.policy.privacy import seen_by_others
from bot.errors import PostError, PostHeld, PostImpossible
from bot.messages.message_links import message_link
from storage.errors import StorageUnavailable
from storage.hidden import ToHide
from storage.job import Delivery, Job, Venue
from storage.store import JobStore

AT_ONCE: Final = 20
SENDING_S: Final = 600.0
"""A message that was composed before the job was hidden is there by then, and is looked for."""
TOLD_AFTER: Final = 10
"""So many tries in vain, and the managers hear of it, once: they can delete the message."""
OFTEN: Final = 60
"""After so many tries they come once a day."""
TRIES_MAX: Final = 100
"""Then the bot may not change its messages there for good."""

log = structlog.get_logger(__name__)


class HiddenFiles:
    """Their one step."""

    def __init__(
        self, store: JobStore, poster: Poster, clock: Clock, tell_managers: Managers
    ) -> None:
        self._store = store
        self._poster = poster
        self._clock = clock
        self._tell_managers = tell_managers

    async def hide(self) -> float | None:
        """Look once at jobs that are due, `AT_ONCE` of them; return when the next is, or None.

        That may be now: others have their turn between two looks.
        """
        for one in await self._store.hidden_due(now=self._clock.now(), limit=AT_ONCE):
            try:
                again_at = await self._again_at(one)
            except StorageUnavailable:
                raise
            except Exception:
                # Unforeseen, perhaps at every try: the others are not to wait behind it.
                log.exception("hidden.failed", job_id=one.job_id)
                again_at = self._clock.now() + self._later_s(one)
            if one.tries >= TRIES_MAX:
                log.warning("hidden.given_up", job_id=one.job_id)
                again_at = None
            await self._store.hidden_again(one, due_at=again_at)
        return await self._store.next_hidden_at()

    async def _again_at(self, one: ToHide) -> float | None:
        """Look at its messages; return when to do so again, None if all are hidden."""
        job = await self._store.get(one.job_id)
        if job is None:
            return None
        seen = [d for d in await self._store.deliveries(job.id) if seen_by_others(job, d)]
        waits = {at: await self._wait_s(one, *at) for at in _there(job, seen)}
        wait_s = max(waits.values(), default=0.0)
        now = self._clock.now()
        if wait_s:
            if one.tries + 1 == TOLD_AFTER:
                await self._tell(job, *max(waits, key=lambda at: waits[at]))
            return now + wait_s
        if any(sent.told_at is None and sent.tries for sent in seen):
            # It may be there without our knowing which message it is: its sender will find it.
            return now + (DAY_S if one.tries >= OFTEN else SENDING_S)
        # A clock that was set back since does not make this wait longer.
        return min(one.asked_at, now) + SENDING_S if now < one.asked_at + SENDING_S else None

    async def _tell(self, job: Job, channel_id: int, message_id: int) -> None:
        server_id = job.origin.guild_id
        if server_id is not None:
            url = message_link(server_id, channel_id, message_id)
            await self._tell_managers(server_id, "notice.not_hidden", url=url)

    async def _wait_s(self, one: ToHide, channel_id: int, message_id: int) -> float:
        """Return 0 once a message shows no file, otherwise after how many seconds to try again."""
        try:
            await self._poster.hide_files(channel_id, message_id)
        except PostHeld as held:
            return max(1.0, min(held.after_s, RATE_AGAIN_MAX_S))
        except PostImpossible as refusal:
            log.info("hidden.refused", code=refusal.code)
            return DAY_S if one.tries >= OFTEN else HOUR_S
        except PostError as failure:
            log.info("hidden.later", reason=type(failure).__name__)
            return self._later_s(one)
        return 0.0

    def _later_s(self, one: ToHide) -> float:
        return DAY_S if one.tries >= OFTEN else backoff_s(one.tries)


def _there(job: Job, seen: Iterable[Delivery]) -> list[tuple[int, int]]:
    """Return channel and message of everything that all see: posts, and a card with the result.

    A private answer in which a result was picked up has kept no token either; it is not the card.
    """
    return [
        (told.channel_id or job.origin.channel_id, told.message_id)
        for told in seen
        if told.told_at is not None and told.gone_at is None and told.message_id
        if told.venue is Venue.CHANNEL or told.message_id == job.card.message_id
    ]
