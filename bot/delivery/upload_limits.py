"""Upload limits: how large a message of a job may be in its venue; learnt, not configured.

Limits named by interactions are recorded as jobs enter (`storage.upload_limits`); Discord's
refusals are recorded here. Before anything is known, discord.py's value is used.
"""

from typing import Final

import structlog

from bot.clock import Clock
from bot.discord.poster import Poster
from bot.domain.policy.delivery import SAFE_LIMIT_BYTES, post_limit_bytes
from storage.job import Delivery, Form, Job, Venue
from storage.store import JobStore

NEXT_FORM: Final = {Form.AS_IS: Form.FITTED, Form.FITTED: Form.LINK}
UPLOAD_MARGIN_BYTES: Final = 64 * 1024
"""Room for the text and the multipart borders beside the files."""

log = structlog.get_logger(__name__)


class UploadLimits:
    """Knows what fits where."""

    def __init__(self, store: JobStore, poster: Poster, clock: Clock) -> None:
        self._store = store
        self._poster = poster
        self._clock = clock

    async def room_bytes(self, job: Job, venue: Venue, form: Form = Form.AS_IS) -> int:
        """Return how large the files of one message may be together.

        If an answer was too large, only the safe limit is trusted.
        """
        limit = await self._limit_bytes(job, venue)
        if venue is Venue.ANSWER and form is not Form.AS_IS:
            limit = min(limit, SAFE_LIMIT_BYTES)
        return limit - UPLOAD_MARGIN_BYTES

    async def refused(self, job: Job, delivery: Delivery) -> None:
        """Record that Discord refused a message that should have fitted; the limit goes down.

        An answer has its own limit, of that one interaction; and a message that was already made
        smaller says nothing new.
        """
        if delivery.venue is Venue.ANSWER or delivery.form is not Form.AS_IS:
            return
        limit = await self._limit_bytes(job, delivery.venue)
        log.info("post.too_large", limit_bytes=limit, venue=delivery.venue.value)
        await self._store.refuse_upload_limit(
            _place(job, delivery.venue), limit, now=self._clock.now()
        )

    async def _limit_bytes(self, job: Job, venue: Venue) -> int:
        if venue is Venue.ANSWER:
            return job.origin.answer_limit_bytes or SAFE_LIMIT_BYTES
        place = _place(job, venue)
        known = await self._store.upload_limit(place, now=self._clock.now())
        believed = SAFE_LIMIT_BYTES
        if place is not None:
            believed = self._poster.limit_bytes(place) or job.origin.post_limit_bytes
        return post_limit_bytes(known.seen_bytes, known.refused_bytes, believed)


def _place(job: Job, venue: Venue) -> int | None:
    """Return the server a message goes to, or None for a direct message."""
    return job.origin.guild_id if venue is Venue.CHANNEL else None
