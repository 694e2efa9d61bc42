"""Servers that the bot joins and leaves: recorded, and greeted once."""

import discord
from discord.ext import commands

from bot.client import KlingBot
from bot.discord.channels import may_greet
from bot.messages.message import Message
from bot.messages.translations import Translations


class GuildEvents(commands.Cog):
    """Wakes retention whenever Discord says that the bot has joined or left a server.

    A server that is only unavailable, in an outage, is announced by events of other names.
    """

    def __init__(self, bot: KlingBot) -> None:
        self._bot = bot

    @commands.Cog.listener()
    async def on_shard_connect(self, _shard: int) -> None:
        """Discord has listed the servers of a shard: one may be missing since the last time."""
        self._bot.services.retention.look()

    @commands.Cog.listener()
    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Wake retention, then say hello in the server's system channel, or wherever we may.

        In a server that is not served, the message does not invite members to try.
        """
        self._bot.services.retention.look()
        channel = _lobby(guild)
        if channel is None or not self._bot.services.intake.serves(guild.id):
            return
        message = welcome_message(self._bot.services.words, guild.preferred_locale.value)
        await self._bot.services.welcome.greet(guild.id, channel.id, message)

    @commands.Cog.listener()
    async def on_guild_remove(self, _guild: discord.Guild) -> None:
        """Wake retention."""
        self._bot.services.retention.look()


def _lobby(guild: discord.Guild) -> discord.TextChannel | None:
    wanted = [guild.system_channel, *guild.text_channels]
    return next((channel for channel in wanted if channel and may_greet(channel)), None)


def welcome_message(words: Translations, locale: str) -> Message:
    """Return the first message in a new server."""
    lines = ("body", "example", "operator")
    return Message(
        title=words.say("welcome.title", locale),
        body="\n\n".join(words.say(f"welcome.{line}", locale) for line in lines),
    )


async def setup(bot: KlingBot) -> None:
    """Add the listeners."""
    await bot.add_cog(GuildEvents(bot))
