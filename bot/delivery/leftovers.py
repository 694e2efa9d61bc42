"""Takes copies out of a showcase whose job was deleted, until Discord says that they are gone."""

from functools import partial
from typing import Final

import structlog

from bot.clock import Clock
from bot.delivery.patience import wait_until_done
from bot.delivery.search import Search
from bot.discord.poster import Poster
from bot.domain.policy.delivery import SEARCH_AFTER_S
from storage.leftovers import Leftover
from storage.store import JobStore

AT_ONCE: Final = 20
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
            with structlog.contextvars.bound_contextvars(job_id=one.delivery.job_id):
                wait_s = await wait_until_done(partial(self._gone_s, one), one.tries)
                if wait_s and one.tries >= TRIES_MAX:
                    log.warning("leftover.given_up")
                    wait_s = 0.0
            if not wait_s:
                await self._store.leftover_gone(one)
            else:
                await self._store.leftover_again(one, due_at=self._clock.now() + wait_s)
        return await self._store.next_leftover_at()

    async def _gone_s(self, one: Leftover) -> float:
        """Return 0 once it is not there, otherwise after how many seconds to look again."""
        message_id = one.delivery.message_id or await self._search.look_after(
            one.delivery, one.channel_id, one.after_id
        )
        if message_id is not None:
            await self._poster.delete_post(one.channel_id, message_id)
            return 0.0
        since_s = self._clock.now() - (one.delivery.first_tried_at or 0.0)
        return SEARCH_AFTER_S if since_s <= SEARCH_AFTER_S else 0.0  # it may be on its way
