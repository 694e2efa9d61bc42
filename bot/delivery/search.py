"""The search for a message whose sending got no answer."""

from typing import Final

from bot.discord.poster import UNKNOWN_CHANNEL_CODE, Poster, id_at
from bot.domain.policy.delivery import WHISPER, search_window
from bot.domain.policy.privacy import is_private
from bot.domain.policy.questions import QUESTION
from bot.errors import PostImpossible
from bot.messages.controls import OPEN, STAR
from bot.messages.message import custom_id
from storage.delivery import SHOWCASE
from storage.job import Delivery, Job, Venue

MARKS: Final = {QUESTION: OPEN, SHOWCASE: STAR}
"""The control that bears a message's tag, where it is not the one to run the job again."""


class CannotLook(Exception):
    """It can't be read whether the message is there: it is not sent again but picked up."""


class Search:
    """Looks in Discord for the parts of an outcome."""

    def __init__(self, poster: Poster) -> None:
        self._poster = poster

    async def found(self, job: Job, delivery: Delivery) -> int | None:
        """Return the id of an earlier try that is there, None if it surely is not."""
        if delivery.kind == WHISPER and delivery.venue is Venue.ANSWER:
            return None  # a private message can't be read; the sender knows what follows
        if delivery.venue is Venue.ANSWER:
            return await self._edited(job, delivery)
        if delivery.channel_id is None:
            raise CannotLook
        return await self.look(job, delivery, delivery.channel_id)

    async def _edited(self, job: Job, delivery: Delivery) -> int | None:
        """Read the answer with the bot's own token: does it carry this part?"""
        message_id = job.card.message_id
        if delivery.token is not None or not message_id or is_private(job):
            raise CannotLook  # a private answer can't be read
        mark = custom_id("again", job.id, delivery.tag)
        try:
            there = await self._poster.bears(job.origin.channel_id, message_id, mark)
        except PostImpossible as refusal:
            raise CannotLook from refusal
        return message_id if there else None

    async def look(self, job: Job, delivery: Delivery, channel_id: int) -> int | None:
        """Search for our own message; if that is impossible, it is not posted a second time.

        Only where it can be: a busy channel has many messages since the card. The bounds are in
        Discord's time, which numbers the messages; our clock has no say.
        """
        after_id = job.card.message_id or job.origin.interaction_id
        return await self.look_after(delivery, channel_id, after_id)

    async def look_after(self, delivery: Delivery, channel_id: int, after_id: int) -> int | None:
        """Search for it among what was posted after this message; as `look`."""
        mark = custom_id(MARKS.get(delivery.kind, "again"), delivery.job_id, delivery.tag)
        begin, end = search_window(delivery)
        if begin is not None:
            after_id = max(after_id, id_at(begin))
        before_id = None if end is None else id_at(end)
        try:
            return await self._poster.find(channel_id, mark, after_id=after_id, before_id=before_id)
        except PostImpossible as refusal:
            if refusal.code == UNKNOWN_CHANNEL_CODE and delivery.kind == SHOWCASE:
                return None  # deleted, with all that was in it
            raise CannotLook from refusal
