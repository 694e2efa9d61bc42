"""Whether results are posted as spoilers: members see them after a click."""

from typing import Final

from bot.discord.poster import Poster
from bot.domain.policy.privacy import seen_by_others
from bot.domain.requests import continued
from bot.domain.rules_of_place import RulesOfPlace, Visitor
from storage.delivery import SHOWCASE
from storage.job import Delivery, Job
from storage.standing import Scope, Standing
from storage.store import JobStore

SPOILER: Final = "spoiler"


class Spoilers:
    """Asks whether it was hidden, and what channel or server set, each time a message is made."""

    def __init__(self, store: JobStore, poster: Poster) -> None:
        self._store = store
        self._poster = poster

    async def wanted(self, job: Job, delivery: Delivery) -> bool:
        """Tell whether these results are hidden; only where others in a server see them.

        What was made of a hidden result is, however often it was made again or gone on from. A copy
        for the showcase is, if they are where they come from, or where it goes. Raises
        `PostUnclear` and `PostHeld` if Discord has to say what the channel is, and can't.
        """
        guild_id = job.origin.guild_id
        if guild_id is None or not seen_by_others(job, delivery):
            return False
        if await self._store.is_hidden(job.id, *continued(job)):
            return True
        standing = await self._store.standing(guild_id, job.origin.user_id)
        places = [job.origin.channel_id]
        if delivery.kind == SHOWCASE and delivery.channel_id is not None:
            places.append(delivery.channel_id)
        for channel_id in places:
            if await self._set_in(channel_id, guild_id, job.origin.user_id, standing):
                return True
        return False

    async def _set_in(
        self, channel_id: int, guild_id: int, user_id: int, standing: Standing
    ) -> bool:
        channels = [channel_id]
        if any(one.scope == Scope.CHANNEL and one.name == SPOILER for one in standing.settings):
            parent = await self._poster.parent_id(guild_id, channel_id)
            channels += [parent] if parent else []
        return RulesOfPlace(Visitor(user_id, guild_id, tuple(channels)), standing).is_on(SPOILER)
