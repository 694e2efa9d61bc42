"""GuildEvents that the bot comes into and leaves."""

import discord
from discord.ext import commands

from bot.client import KlingBot


class GuildEvents(commands.Cog):
    """Has somebody look whenever Discord says that the bot is somewhere else than before.

    A server that is only unavailable, in an outage, is announced by events of other names.
    """

    def __init__(self, bot: KlingBot) -> None:
        self._bot = bot

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """Discord has named every server the bot is in: one may be missing since the last time."""
        self._bot.services.retention.look()

    @commands.Cog.listener()
    async def on_guild_join(self, _guild: discord.Guild) -> None:
        """Look again."""
        self._bot.services.retention.look()

    @commands.Cog.listener()
    async def on_guild_remove(self, _guild: discord.Guild) -> None:
        """Look again."""
        self._bot.services.retention.look()


async def setup(bot: KlingBot) -> None:
    """Add the listeners."""
    await bot.add_cog(GuildEvents(bot))
