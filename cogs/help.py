"""`/help`, the first message in a new server, and what happens when a command fails."""

import discord
import structlog
from discord import app_commands
from discord.app_commands import locale_str
from discord.ext import commands

from bot.client import KlingBot
from bot.discord.poster import discord_errors, render
from bot.errors import PostError
from bot.messages.message import Message
from bot.messages.translations import Translations
from cogs.interactions import services_of, whisper

log = structlog.get_logger(__name__)


class Help(commands.Cog):
    """First steps."""

    def __init__(self, bot: KlingBot) -> None:
        self._bot = bot
        bot.tree.error(self.on_command_error)

    @app_commands.command(name="help", description=locale_str("command.help.description"))
    async def help(self, interaction: discord.Interaction) -> None:
        """Say what to do, with examples."""
        words = services_of(interaction).words
        message = help_message(words, interaction.locale.value)
        with discord_errors():
            await interaction.response.send_message(ephemeral=True, **render(message))

    @commands.Cog.listener()
    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Say hello where the server wants such messages, else in the first channel that we may.

        A server that is not served is not told to try.
        """
        channel = _lobby(guild)
        if channel is None or not self._bot.services.intake.serves(guild.id):
            return
        message = welcome_message(self._bot.services.words, guild.preferred_locale.value)
        try:
            with discord_errors():
                await channel.send(**render(message))
        except PostError as failure:
            log.info("welcome.not_said", reason=str(failure))

    async def on_command_error(
        self, interaction: discord.Interaction, error: app_commands.AppCommandError
    ) -> None:
        """Log a mistake of ours and tell the member that it is one."""
        cause = getattr(error, "original", error)
        log.error("command.failed", exc_info=cause)
        words = services_of(interaction).words
        await whisper(interaction, words.say("internal_error", interaction.locale.value))


def _lobby(guild: discord.Guild) -> discord.TextChannel | None:
    wanted = [guild.system_channel, *guild.text_channels]
    return next((channel for channel in wanted if channel and _may_write(channel)), None)


def _may_write(channel: discord.TextChannel) -> bool:
    may = channel.permissions_for(channel.guild.me)
    return may.view_channel and may.send_messages and may.embed_links


def help_message(words: Translations, locale: str) -> Message:
    """Return what `/help` says."""
    lines = ("intro", "image", "video", "lipsync", "jobs", "privacy")
    return Message(
        title=words.say("help.title", locale),
        body="\n\n".join(words.say(f"help.{line}", locale) for line in lines),
    )


def welcome_message(words: Translations, locale: str) -> Message:
    """Return the first message in a new server."""
    lines = ("body", "example", "operator")
    return Message(
        title=words.say("welcome.title", locale),
        body="\n\n".join(words.say(f"welcome.{line}", locale) for line in lines),
    )


async def setup(bot: KlingBot) -> None:
    """Add the command and the listeners."""
    await bot.add_cog(Help(bot))
