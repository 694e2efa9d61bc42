"""Says hello in a server that the bot has joined: once, whichever processes hear of it.

Discord tells every process that has the server's shard, such as one of before shards were leased
beside a new one, and tells again after a connection was cut.
"""

from typing import Final

import structlog

from bot.clock import Clock
from bot.discord.once import Once
from bot.discord.poster import Poster
from bot.errors import PostError
from bot.messages.message import Message

AGAIN_AFTER_S: Final = 3_600.0
"""A server that invites the bot again sooner has read the greeting."""

log = structlog.get_logger(__name__)


class Welcome:
    """Sends the greeting that it is given, unless it was sent."""

    def __init__(self, once: Once, poster: Poster, clock: Clock) -> None:
        self._once = once
        self._poster = poster
        self._clock = clock

    async def greet(self, guild_id: int, channel_id: int, hello: Message) -> None:
        """Send it, with a nonce of the server, so that Discord, too, takes it once. Never raises.

        If the database can't be asked, only the nonce keeps it from being sent twice.
        """
        about, now = f"hello:{guild_id}", self._clock.now()
        if not await self._once.is_ours(about, now=now, every_s=AGAIN_AFTER_S):
            return
        try:
            await self._poster.post(channel_id, hello, nonce=f"hello-{guild_id}", reply_to=None)
        except PostError as failure:
            log.info("welcome.not_said", reason=str(failure))
            return
        await self._once.was_sent(about, now=now)
