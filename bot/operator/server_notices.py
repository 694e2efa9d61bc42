"""Tells the managers of a server something, in the channel that they chose."""

from typing import Final, Protocol

import structlog

from bot.clock import Clock
from bot.discord.poster import Poster
from bot.domain.rules_of_place import RulesOfPlace, Visitor
from bot.errors import PostError
from bot.messages.message import Message
from bot.messages.translations import FALLBACK, Translations
from storage.errors import StorageUnavailable
from storage.store import JobStore

RARELY_S: Final = 12 * 3_600.0
"""The same notice is not sent to a server more often than this."""
SENDING_S: Final = 60.0
"""How long a process may take to send it, before another one may try."""

log = structlog.get_logger(__name__)


class Telling(Protocol):
    """Tells the operator something."""

    async def __call__(self, key: str, **facts: str | float) -> bool:
        """Tell it; `key` is one of the message catalogue."""
        ...


class ServerNotices:
    """Posts them; the operator hears of those for which there is no channel, or none that works."""

    def __init__(
        self,
        store: JobStore,
        poster: Poster,
        words: Translations,
        clock: Clock,
        tell_operator: Telling,
    ) -> None:
        self._store = store
        self._poster = poster
        self._words = words
        self._clock = clock
        self._tell_operator = tell_operator

    async def __call__(self, guild_id: int, key: str, **facts: str | float) -> bool:
        """Tell it once in a while; return whether it arrived just now. Never raises."""
        about, now = f"{key}:{guild_id}", self._clock.now()
        try:
            mine = await self._store.may_notify(
                about, now=now, every_s=RARELY_S, sending_s=SENDING_S
            )
            if not mine:
                return False
            nonce = f"srv-{abs(hash((about, now))) % 10**18}"
            told = await self.post(guild_id, key, nonce=nonce, **facts)
            if not told:
                what = self._words.say(key, FALLBACK, **facts)
                told = await self._tell_operator("operator.server", server=str(guild_id), what=what)
            if told:
                await self._store.notified(about, now=now)
        except StorageUnavailable as trouble:
            log.warning("server.not_told", reason=trouble.reason)
            return False
        return told

    async def post(self, guild_id: int, key: str, *, nonce: str, **facts: str | float) -> bool:
        """Post it into the channel of the managers; False if there is none or it takes nothing."""
        standing = await self._store.standing(guild_id, 0)
        channel_id = RulesOfPlace(Visitor(0, guild_id), standing).notices()
        if channel_id is None:
            return False
        message = Message(content=self._words.say(key, FALLBACK, **facts))
        try:
            await self._poster.post(channel_id, message, nonce=nonce, reply_to=None)
        except PostError as failure:
            log.warning("server.not_told", notice=key, reason=type(failure).__name__)
            return False
        return True
