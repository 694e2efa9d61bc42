"""Whether results are posted as spoilers: members see them after a click."""

from typing import Final

from bot.discord.poster import Poster
from bot.domain.rules_of_place import RulesOfPlace, Visitor
from storage.job import Job, Venue
from storage.standing import Scope
from storage.store import JobStore

SPOILER: Final = "spoiler"


class Spoilers:
    """Asks what the channel or its server set, each time a message is made."""

    def __init__(self, store: JobStore, poster: Poster) -> None:
        self._store = store
        self._poster = poster

    async def wanted(self, job: Job, venue: Venue) -> bool:
        """Tell whether this job's results are hidden; only in a channel of a server.

        Raises `PostUnclear` and `PostHeld` if Discord has to say what the channel is, and can't.
        """
        origin = job.origin
        if venue is not Venue.CHANNEL or origin.guild_id is None:
            return False
        standing = await self._store.standing(origin.guild_id, origin.user_id)
        channels = [origin.channel_id]
        if any(one.scope == Scope.CHANNEL and one.name == SPOILER for one in standing.settings):
            parent = await self._poster.parent_id(origin.guild_id, origin.channel_id)
            channels += [parent] if parent else []
        rules = RulesOfPlace(Visitor(origin.user_id, origin.guild_id, tuple(channels)), standing)
        return rules.is_on(SPOILER)
