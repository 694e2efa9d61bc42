"""`/image`: images from a prompt, from an image, or from several."""

import discord
from discord import app_commands
from discord.app_commands import locale_str
from discord.ext import commands

from bot.client import KlingBot
from bot.domain.requests import ImageRequest
from bot.domain.rules import image_request
from cogs.asking import ask, with_default_model
from cogs.interactions import offered_of, services_of
from cogs.options import Given, suggest_image_model, takes


class Image(commands.Cog):
    """The command."""

    @app_commands.command(name="image", description=locale_str("command.image.description"))
    @app_commands.autocomplete(model=suggest_image_model)
    @takes(ImageRequest)
    async def image(self, interaction: discord.Interaction, /, **given: Given) -> None:
        """Ask for images."""
        offered = offered_of(given)
        services = services_of(interaction)
        defaults = services.defaults
        request = with_default_model(
            interaction,
            "image_model",
            defaults.image_model,
            offered,
            lambda model: image_request(
                services.catalogue,
                given,
                offered,
                default_model=model,
                default_omni_model=defaults.omni_model,
            ),
        )
        await ask(interaction, request, offered)


async def setup(bot: KlingBot) -> None:
    """Add the command."""
    await bot.add_cog(Image())
