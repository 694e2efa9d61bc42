"""What a result says besides itself: what it was made from, and who else wanted to hear of it."""

from typing import Final

from bot.domain.policy.privacy import is_private
from bot.messages.message_links import message_link
from bot.messages.result_parts import NOTHING_BESIDES, Besides, Source
from storage.job import Delivery, Job, Venue
from storage.store import JobStore

FIRST_TIME: Final = frozenset({"r", "l", "p"})
"""Kinds of deliveries that say for the first time how a job has ended."""


class Surroundings:
    """Looks it up, each time a message is made."""

    def __init__(self, store: JobStore) -> None:
        self._store = store

    async def of(self, job: Job, delivery: Delivery) -> Besides:
        """Return what the message of this part says besides its results; the first of several."""
        if delivery.part:
            return NOTHING_BESIDES
        rings = delivery.venue is Venue.CHANNEL and delivery.kind in FIRST_TIME
        bells = await self._store.bells(job.id) if rings else ()
        return Besides(await self._source(job), tuple(bells))

    async def _source(self, job: Job) -> Source | None:
        """Return the earlier job and where its result is; None if there is none to be shown.

        Only what lies in the same server, or in the same direct messages: who reads the result can
        open it there as far as they may, and learns nothing of other places.
        """
        parent = await self._store.get(job.parent_id) if job.parent_id else None
        if parent is None or parent.unwanted or is_private(parent) or not _same_place(parent, job):
            return None
        message_id = parent.card.message_id
        for told in await self._store.deliveries(parent.id):
            if told.told_at is not None and told.venue is Venue.CHANNEL and told.message_id:
                message_id = told.message_id
                break
        if not message_id:
            return None
        origin = parent.origin
        url = message_link(origin.guild_id, origin.channel_id, message_id)
        return Source(parent.kind, url)


def _same_place(parent: Job, job: Job) -> bool:
    here, there = job.origin, parent.origin
    if here.guild_id is None:
        return here.channel_id == there.channel_id
    return here.guild_id == there.guild_id
