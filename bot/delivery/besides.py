"""What a result says besides itself: what it was made from, and who else wanted to hear of it."""

from typing import Final

from bot.domain.policy.delivery import BESIDE
from bot.domain.policy.privacy import is_private, seen_by_others
from bot.domain.requests import continued
from bot.domain.rules_of_place import RulesOfPlace, Visitor
from bot.messages.message_links import message_link
from bot.messages.result_parts import Besides, Source
from storage.delivery import SHOWCASE
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
        if delivery.kind == SHOWCASE:
            original = await self._message_of(job, job.card.message_id)
            source = None if delivery.part else await self._source(job, job.parent_id)
            return Besides(source, original=original or "")
        showcase = await self._can_be_shown(job, delivery)
        if delivery.part:
            return Besides(showcase=showcase)
        rings = delivery.venue is Venue.CHANNEL and delivery.kind in FIRST_TIME
        bells = await self._store.bells(job.id) if rings else ()
        source = await self._source(job, job.parent_id)
        before = await self._source(job, next(reversed(continued(job)), None))
        return Besides(source, tuple(bells), showcase, before=before.url if before else "")

    async def shows_prompt(self, job: Job) -> bool:
        """Tell whether the requester permits that the showcase shows their words."""
        return await self._store.has_star_of(job.id, job.origin.user_id)

    async def _can_be_shown(self, job: Job, delivery: Delivery) -> bool:
        """Tell whether the server has a showcase, and others see this message."""
        guild_id = job.origin.guild_id
        if guild_id is None or not seen_by_others(job, delivery):
            return False
        standing = await self._store.standing(guild_id, job.origin.user_id)
        return RulesOfPlace(Visitor(job.origin.user_id, guild_id), standing).showcase() is not None

    async def _source(self, job: Job, earlier: str | None) -> Source | None:
        """Return an earlier job and where its result is; None if there is none to be shown.

        Only what lies in the same server, or in the same direct messages: who reads the result can
        open it there as far as they may, and learns nothing of other places.
        """
        parent = await self._store.get(earlier) if earlier else None
        if parent is None or parent.unwanted or is_private(parent) or not _same_place(parent, job):
            return None
        url = await self._message_of(parent, parent.card.message_id)
        return Source(parent.kind, url) if url else None

    async def _message_of(self, job: Job, message_id: int | None) -> str | None:
        """Return a link to the first message with results of a job, or else to this one."""
        for told in await self._store.deliveries(job.id):
            in_channel = told.venue is Venue.CHANNEL and told.kind not in BESIDE
            if told.told_at is not None and in_channel and told.message_id:
                message_id = told.message_id
                break
        if not message_id:
            return None
        return message_link(job.origin.guild_id, job.origin.channel_id, message_id)


def _same_place(parent: Job, job: Job) -> bool:
    here, there = job.origin, parent.origin
    if here.guild_id is None:
        return here.channel_id == there.channel_id
    return here.guild_id == there.guild_id
