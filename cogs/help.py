"""`/help`: what to do, with examples."""

import discord
from discord import app_commands
from discord.app_commands import locale_str
from discord.ext import commands

from bot.client import KlingBot
from bot.discord.failures import discord_errors
from bot.discord.rendering import render
from bot.domain.operations.table import COMMANDS
from bot.messages.message import Message
from bot.messages.translations import Translations
from cogs.interactions import services_of


class Help(commands.Cog):
    """The command."""

    @app_commands.command(name="help", description=locale_str("command.help.description"))
    async def help(self, interaction: discord.Interaction) -> None:
        """Say what to do, with examples."""
        words = services_of(interaction).words
        message = help_message(words, interaction.locale.value)
        with discord_errors(by_interaction=True):
            await interaction.response.send_message(ephemeral=True, **render(message))


def help_message(words: Translations, locale: str) -> Message:
    """Return what `/help` says."""
    lines = ("intro", "image", "video", "storyboard", "edit", "lipsync", *COMMANDS)
    lines = (*lines, "character", "menus", "jobs", "private", "privacy")
    return Message(
        title=words.say("help.title", locale),
        body="\n\n".join(words.say(f"help.{line}", locale) for line in lines),
    )


async def setup(bot: KlingBot) -> None:
    """Add the command."""
    await bot.add_cog(Help())
