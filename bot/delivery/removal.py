"""Takes a job out of Discord again: its results, its card, and what the row holds of it.

Deleting is repeated until Discord says that the message is not there, so that no crash leaves one.
A message whose sending got no answer is looked for first.
"""

import structlog

from bot.clock import Clock
from bot.delivery.folders import Folders
from bot.delivery.patience import wait_after
from bot.delivery.search import CannotLook, Search
from bot.discord.poster import Poster
from bot.domain.emptied import without_words
from bot.domain.policy.card import token_alive
from bot.domain.policy.delivery import SEARCH_AFTER_S
from bot.errors import PostError
from bot.jobs.claim import Claim
from storage.job import CARD_GONE, ENDED, Delivery, Job, Venue
from storage.store import JobStore

log = structlog.get_logger(__name__)


class Removal:
    """Part of the step of the cards."""

    def __init__(self, store: JobStore, poster: Poster, folders: Folders, clock: Clock) -> None:
        self._store = store
        self._folders = folders
        self._poster = poster
        self._search = Search(poster)
        self._clock = clock

    async def take_out(self, claim: Claim) -> None:
        """Empty the row, and delete each message once; what could not be deleted is due again."""
        job = claim.job
        if job.state not in ENDED:  # a late result came in between; its end makes this due again
            await claim.save(card_due_at=None)
            return
        await self._folders.drop(job.id)
        now = self._clock.now()
        await self._store.empty(job, without_words(job.kind, job.request), now=now)
        waits = [await self._gone(job, one) for one in await self._store.deliveries(job.id)]
        waits.append(await self._card_gone(job))
        wait_s = max(waits)
        if wait_s:
            await claim.card_again(self._clock.now() + wait_s)
        else:
            log.info("job.gone")
            await claim.card_shown(CARD_GONE)

    async def _gone(self, job: Job, delivery: Delivery) -> float:
        """Return 0 once a message is not there, otherwise after how many seconds to try again."""
        channel_id = delivery.channel_id
        if delivery.gone_at is not None or channel_id is None or delivery.venue is Venue.ANSWER:
            return 0.0  # an answer is the card, or was private to one member
        message_id: int | None = delivery.message_id or None
        if delivery.told_at is None and delivery.tries:
            message_id, wait_s = await self._perhaps_there(job, delivery, channel_id)
            if wait_s:
                return wait_s
        if message_id is not None:
            wait_s = await self._deleted(job, channel_id, message_id)
            if wait_s:
                return wait_s
        await self._store.note_gone(job, delivery, now=self._clock.now())
        return 0.0

    async def _perhaps_there(
        self, job: Job, delivery: Delivery, channel_id: int
    ) -> tuple[int | None, float]:
        """Return a message whose sending got no answer, or after how long to look again."""
        try:
            found = await self._search.look(job, delivery, channel_id)
        except (CannotLook, PostError) as failure:
            log.info("gone.cannot_look", reason=type(failure).__name__)
            return None, wait_after(failure, job.card.tries)
        since_s = self._clock.now() - (delivery.first_tried_at or 0.0)
        if found is None and since_s <= SEARCH_AFTER_S:  # it may still be on its way
            return None, SEARCH_AFTER_S
        return found, 0.0

    async def _card_gone(self, job: Job) -> float:
        message_id, origin = job.card.message_id, job.origin
        if not message_id:
            return 0.0
        if job.card.token and token_alive(job, self._clock.now()):
            try:
                await self._poster.delete_answer(origin.application_id, job.card.token, message_id)
            except PostError as failure:
                log.info("gone.not_by_token", reason=type(failure).__name__)
            else:
                return 0.0
        if not origin.can_post:
            return 0.0  # without its token, nothing reaches an answer where the bot is no member
        return await self._deleted(job, origin.channel_id, message_id)

    async def _deleted(self, job: Job, channel_id: int, message_id: int) -> float:
        try:
            await self._poster.delete_post(channel_id, message_id)
        except PostError as failure:
            log.info("gone.later", reason=type(failure).__name__)
            return wait_after(failure, job.card.tries)
        return 0.0
