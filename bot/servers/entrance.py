"""What holds for whoever uses the bot: read once for each command and each press."""

import asyncio
from collections.abc import Callable

from bot.domain.rules_of_place import RulesOfPlace, Visitor
from storage.errors import StorageUnavailable
from storage.store import JobStore


class Entrance:
    """Reads what was set for a place and a member."""

    def __init__(
        self,
        store: JobStore,
        on_trouble: Callable[[StorageUnavailable], None],
        within_s: float,
    ) -> None:
        self._store = store
        self._on_trouble = on_trouble
        self._within_s = within_s

    async def rules(self, visitor: Visitor) -> RulesOfPlace:
        """Return what holds for this visitor; raises `StorageUnavailable`, also if it is late."""
        try:
            async with asyncio.timeout(self._within_s):
                standing = await self._store.standing(visitor.guild_id, visitor.user_id)
        except TimeoutError:
            raise StorageUnavailable("held", "what was set could not be read in time") from None
        except StorageUnavailable as trouble:
            self._on_trouble(trouble)
            raise
        return RulesOfPlace(visitor, standing)
