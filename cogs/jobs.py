"""`/jobs`: a member's own jobs, for their eyes only."""

import discord
from discord import app_commands
from discord.app_commands import locale_str
from discord.ext import commands

from bot.client import KlingBot
from cogs.interactions import InteractionAnswer, services_of


class Jobs(commands.Cog):
    """The command."""

    @app_commands.command(name="jobs", description=locale_str("command.jobs.description"))
    async def jobs(self, interaction: discord.Interaction) -> None:
        """List the caller's latest jobs with what can be done to each."""
        pages = services_of(interaction).presses.desk.pages
        page = await pages.jobs(interaction.user.id, interaction.locale.value)
        await InteractionAnswer(interaction).privately(page)


async def setup(bot: KlingBot) -> None:
    """Add the command."""
    await bot.add_cog(Jobs())
