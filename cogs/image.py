"""`/image`: images from a prompt, from an image, or from several."""

from collections.abc import Mapping
from typing import Any

import discord
from discord import app_commands
from discord.app_commands import locale_str
from discord.ext import commands

from bot.client import KlingBot
from bot.domain.requests import ImageRequest, Offered, Request
from bot.domain.rules import image_request
from cogs.asking import ask, with_default_model
from cogs.interactions import offered_of, services_of
from cogs.model_names import models_for
from cogs.options import Given, takes


def requested(
    interaction: discord.Interaction, given: Mapping[str, Any], offered: dict[str, Offered]
) -> Request:
    """Return what is asked for, by the model that was chosen or the one that is set here."""
    services = services_of(interaction)
    return with_default_model(
        interaction,
        "image_model",
        services.defaults.image_model,
        offered,
        lambda model: image_request(
            services.catalogue,
            given,
            offered,
            default_model=model,
            default_omni_model=services.defaults.omni_model,
        ),
    )


class Image(commands.Cog):
    """The command."""

    @app_commands.command(name="image", description=locale_str("command.image.description"))
    @app_commands.autocomplete(model=models_for(ImageRequest, requested))
    @takes(ImageRequest)
    async def image(self, interaction: discord.Interaction, /, **given: Given) -> None:
        """Ask for images."""
        offered = offered_of(given)
        request = requested(interaction, given, offered)
        model_by = "" if given.get("model") else "image_model"
        await ask(interaction, request, offered, model_by=model_by)


async def setup(bot: KlingBot) -> None:
    """Add the command."""
    await bot.add_cog(Image())
