"""`/history`: a member's own ended jobs, for their eyes only."""

import discord
from discord import app_commands
from discord.app_commands import locale_str
from discord.ext import commands

from bot.client import KlingBot
from bot.messages.job_list import SEARCH_CHARACTERS_MAX
from cogs.interactions import InteractionAnswer, services_of, whisper
from storage.errors import StorageUnavailable


class History(commands.Cog):
    """The command."""

    @app_commands.command(name="history", description=locale_str("command.history.description"))
    @app_commands.describe(search=locale_str("parameter.history.search"))
    async def history(
        self,
        interaction: discord.Interaction,
        search: app_commands.Range[str, 1, SEARCH_CHARACTERS_MAX] | None = None,
    ) -> None:
        """List the caller's ended jobs, or those whose prompt contains the words."""
        pages = services_of(interaction).presses.desk.pages
        locale = interaction.locale.value
        try:
            page = await pages.history(interaction.user.id, locale, search or "")
        except StorageUnavailable:
            await whisper(interaction, services_of(interaction).words.say("busy", locale))
            return
        await InteractionAnswer(interaction).privately(page)


async def setup(bot: KlingBot) -> None:
    """Add the command."""
    await bot.add_cog(History())
