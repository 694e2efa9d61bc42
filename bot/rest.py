"""Discord without its gateway: what a worker posts, edits and reads goes by HTTP alone."""

import discord

from bot.clock import Clock
from bot.discord.attempts import RATE_WAIT_MAX_S, trace
from bot.discord.call_budget import CallBudget
from bot.discord.discord_time import DiscordTime
from bot.meter import Meter
from bot.network import Proxy, operators_hosts
from storage.store import JobStore


class RestClient(discord.Client):
    """Logs in with the bot's token and never connects; it hears of nothing."""

    def __init__(self, store: JobStore, clock: Clock, proxy: Proxy, meter: Meter) -> None:
        self.discord_time = DiscordTime(clock)
        self._store = store
        super().__init__(
            intents=discord.Intents.none(),
            allowed_mentions=discord.AllowedMentions.none(),
            member_cache_flags=discord.MemberCacheFlags.none(),
            max_messages=None,
            http_trace=trace(self.discord_time, meter, CallBudget(store, clock).turn),
            max_ratelimit_timeout=RATE_WAIT_MAX_S,
            connector=operators_hosts(limit=0),
            **proxy.arguments,
        )

    async def setup_hook(self) -> None:
        """Check whose database it is, right after logging in; raises `StorageUnavailable`."""
        if self.application_id is None:
            raise RuntimeError("the hook runs after logging in")
        await self._store.belong_to(self.application_id)
