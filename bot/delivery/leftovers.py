"""Takes copies out of a showcase whose job was deleted, until Discord says that they are gone."""

from typing import Final

import structlog

from bot.clock import Clock
from bot.delivery.search import CannotLook, Search
from bot.discord.poster import Poster
from bot.domain.policy.backoff import DAY_S, HOUR_S, RATE_AGAIN_MAX_S, backoff_s
from bot.domain.policy.delivery import SEARCH_AFTER_S
from bot.errors import PostError, PostHeld, PostImpossible
from storage.errors import StorageUnavailable
from storage.leftovers import Leftover
from storage.store import JobStore

AT_ONCE: Final = 20
OFTEN: Final = 60
"""After so many tries in vain they come once a day."""
TRIES_MAX: Final = 200
"""Then the bot has left the server for good, or may not delete there."""

log = structlog.get_logger(__name__)


class Leftovers:
    """Their one step."""

    def __init__(self, store: JobStore, poster: Poster, clock: Clock) -> None:
        self._store = store
        self._poster = poster
        self._search = Search(poster)
        self._clock = clock

    async def take_out(self) -> float | None:
        """Try those that are due once, `AT_ONCE` of them; return when the next is due, or None.

        That may be now: others have their turn between two looks.
        """
        for one in await self._store.leftovers_due(now=self._clock.now(), limit=AT_ONCE):
            try:
                wait_s = await self._gone_s(one)
            except StorageUnavailable:
                raise
            except Exception:
                # Unforeseen, perhaps at every try: the others are not to wait behind it.
                log.exception("leftover.failed", job_id=one.delivery.job_id)
                wait_s = DAY_S if one.tries >= OFTEN else backoff_s(one.tries)
            if not wait_s:
                await self._store.leftover_gone(one)
            else:
                again_at = self._clock.now() + wait_s
                await self._store.leftover_again(one, due_at=again_at)
        return await self._store.next_leftover_at()

    async def _gone_s(self, one: Leftover) -> float:
        """Return 0 once it is not there, otherwise after how many seconds to try again."""
        if one.tries >= TRIES_MAX:
            log.warning("leftover.given_up", job_id=one.delivery.job_id)
            return 0.0
        try:
            message_id = one.delivery.message_id or await self._search.look_after(
                one.delivery, one.channel_id, one.after_id
            )
            if message_id is not None:
                await self._poster.delete_post(one.channel_id, message_id)
                return 0.0
        except PostHeld as held:
            return max(1.0, min(held.after_s, RATE_AGAIN_MAX_S))
        except (CannotLook, PostImpossible) as refusal:
            log.info("leftover.refused", reason=type(refusal).__name__)
            return DAY_S if one.tries >= OFTEN else HOUR_S
        except PostError as failure:
            log.info("leftover.later", reason=type(failure).__name__)
            return backoff_s(one.tries)
        since_s = self._clock.now() - (one.delivery.first_tried_at or 0.0)
        return SEARCH_AFTER_S if since_s <= SEARCH_AFTER_S else 0.0  # it may be on its way
