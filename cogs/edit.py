"""`/edit`: a video changed by a prompt, or taken as the reference of a new one."""

import discord
from discord import app_commands
from discord.app_commands import locale_str
from discord.ext import commands

from bot.client import KlingBot
from bot.domain.requests import EditRequest
from bot.domain.rules import edit_request
from cogs.asking import ask
from cogs.interactions import offered_of, services_of
from cogs.options import Given, suggest_edit_model, takes


class Edit(commands.Cog):
    """The command."""

    @app_commands.command(name="edit", description=locale_str("command.edit.description"))
    @app_commands.autocomplete(model=suggest_edit_model)
    @takes(EditRequest)
    async def edit(self, interaction: discord.Interaction, /, **given: Given) -> None:
        """Ask for a video made from another."""
        offered = offered_of(given)
        services = services_of(interaction)
        request = edit_request(
            services.catalogue, given, offered, default_model=services.defaults.edit_model
        )
        await ask(interaction, request, offered)


async def setup(bot: KlingBot) -> None:
    """Add the command."""
    await bot.add_cog(Edit())
