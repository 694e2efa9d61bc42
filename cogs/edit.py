"""`/edit`: a video changed by a prompt, or taken as the reference of a new one."""

from collections.abc import Mapping
from typing import Any

import discord
from discord import app_commands
from discord.app_commands import locale_str
from discord.ext import commands

from bot.client import KlingBot
from bot.domain.requests import EditRequest, Offered, Request
from bot.domain.rules import edit_request
from cogs.asking import ask
from cogs.interactions import offered_of, services_of
from cogs.model_names import models_for
from cogs.options import Given, takes


def requested(
    interaction: discord.Interaction, given: Mapping[str, Any], offered: dict[str, Offered]
) -> Request:
    """Return what is asked for."""
    services = services_of(interaction)
    default = services.defaults.edit_model
    return edit_request(services.catalogue, given, offered, default_model=default)


class Edit(commands.Cog):
    """The command."""

    @app_commands.command(name="edit", description=locale_str("command.edit.description"))
    @app_commands.autocomplete(model=models_for(EditRequest, requested))
    @takes(EditRequest)
    async def edit(self, interaction: discord.Interaction, /, **given: Given) -> None:
        """Ask for a video made from another."""
        offered = offered_of(given)
        await ask(interaction, requested(interaction, given, offered), offered)


async def setup(bot: KlingBot) -> None:
    """Add the command."""
    await bot.add_cog(Edit())
