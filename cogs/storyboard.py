"""`/storyboard`: a video of several shots."""

import discord
from discord import app_commands
from discord.app_commands import locale_str
from discord.ext import commands

from bot.client import KlingBot
from bot.domain.requests import StoryboardRequest
from bot.domain.rules import storyboard_request
from cogs.asking import ask
from cogs.interactions import offered_of, services_of
from cogs.options import Given, suggest_storyboard_model, takes


class Storyboard(commands.Cog):
    """The command."""

    @app_commands.command(
        name="storyboard", description=locale_str("command.storyboard.description")
    )
    @app_commands.autocomplete(model=suggest_storyboard_model)
    @takes(StoryboardRequest)
    async def storyboard(self, interaction: discord.Interaction, /, **given: Given) -> None:
        """Ask for a video of several shots."""
        offered = offered_of(given)
        services = services_of(interaction)
        request = storyboard_request(
            services.catalogue, given, offered, default_model=services.defaults.storyboard_model
        )
        await ask(interaction, request, offered)


async def setup(bot: KlingBot) -> None:
    """Add the command."""
    await bot.add_cog(Storyboard())
