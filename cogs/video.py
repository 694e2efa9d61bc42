"""`/video`: a video from a prompt, from frames, or with references."""

from collections.abc import Mapping
from typing import Any

import discord
from discord import app_commands
from discord.app_commands import locale_str
from discord.ext import commands

from bot.client import KlingBot
from bot.domain.requests import Offered, Request, VideoRequest
from bot.domain.rules import video_request
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
        "video_model",
        services.defaults.video_model,
        offered,
        lambda model: video_request(
            services.catalogue,
            given,
            offered,
            default_model=model,
            default_omni_model=services.defaults.video_omni_model,
        ),
    )


class Video(commands.Cog):
    """The command."""

    @app_commands.command(name="video", description=locale_str("command.video.description"))
    @app_commands.autocomplete(model=models_for(VideoRequest, requested))
    @takes(VideoRequest)
    async def video(self, interaction: discord.Interaction, /, **given: Given) -> None:
        """Ask for a video."""
        offered = offered_of(given)
        request = requested(interaction, given, offered)
        model_by = "" if given.get("model") else "video_model"
        await ask(interaction, request, offered, model_by=model_by)


async def setup(bot: KlingBot) -> None:
    """Add the command."""
    await bot.add_cog(Video())
