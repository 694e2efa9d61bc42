"""Puts the files of hidden results behind spoilers, in the messages that are there already.

Discord marks the files that a message has; nothing is uploaded or posted again, so every try may be
repeated. What is composed after a job was hidden goes out as a spoiler by itself.
"""

from collections.abc import Iterable
from functools import partial
from typing import Final

import structlog

from bot.clock import Clock
from bot.delivery.patience import FIRST_S, OFTEN, wait_until_done
from bot.delivery.showcase import Managers
from bot.discord.poster import Poster
from bot.domain.policy.backoff import DAY_S
from bot.domain.policy.privacy import seen_by_others
from bot.messages.message_links import message_link
from storage.hidden import ToHide
from storage.job import Delivery, Job, Venue
from storage.store import JobStore

AT_ONCE: Final = 20
SENDING_S: Final = 600.0
"""A message that was composed before the job was hidden is there by then, and is looked for: the
longer it has not come, the less often."""
TOLD_AFTER: Final = 10
"""So many tries in vain, and the managers hear of it, once: they can delete the message."""
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
            with structlog.contextvars.bound_contextvars(job_id=one.job_id):
                wait_s = await wait_until_done(partial(self._hidden_s, one), one.tries)
                if wait_s and one.tries >= TRIES_MAX:
                    log.warning("hidden.given_up")
                    wait_s = 0.0
            due_at = self._clock.now() + wait_s if wait_s else None
            await self._store.hidden_again(one, due_at=due_at)
        return await self._store.next_hidden_at()

    async def _hidden_s(self, one: ToHide) -> float:
        """Return 0 once all of its messages are hidden, otherwise when to look again."""
        job = await self._store.get(one.job_id)
        if job is None:
            return 0.0
        seen = [d for d in await self._store.deliveries(job.id) if seen_by_others(job, d)]
        waits = {
            at: await wait_until_done(partial(self._without_files, *at), one.tries)
            for at in _there(job, seen)
        }
        wait_s = max(waits.values(), default=0.0)
        if wait_s:
            if one.tries + 1 == TOLD_AFTER:
                await self._tell(job, *max(waits, key=lambda at: waits[at]))
            return wait_s
        since_s = self._clock.now() - one.asked_at
        fresh = since_s < SENDING_S  # what was composed before may have no try yet
        if any(sent.told_at is None and (sent.tries or fresh) for sent in seen):
            # It may be there without our knowing which message it is: its sender will find it, in
            # seconds as a rule. Until then everybody sees it.
            return DAY_S if one.tries >= OFTEN else min(SENDING_S, max(FIRST_S, abs(since_s)))
        # A clock that was set back since does not make this wait longer.
        return min(SENDING_S, SENDING_S - since_s) if since_s < SENDING_S else 0.0

    async def _without_files(self, channel_id: int, message_id: int) -> float:
        await self._poster.hide_files(channel_id, message_id)
        return 0.0

    async def _tell(self, job: Job, channel_id: int, message_id: int) -> None:
        server_id = job.origin.guild_id
        if server_id is not None:
            url = message_link(server_id, channel_id, message_id)
            await self._tell_managers(server_id, "notice.not_hidden", url=url)


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
