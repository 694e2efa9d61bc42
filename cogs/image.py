"""`/image`: pictures from words, from a picture, or from several."""

import discord
from discord import app_commands
from discord.app_commands import locale_str
from discord.ext import commands

from bot.client import KlingBot
from bot.domain.requests import IMAGE_OPTIONS
from bot.domain.rules import image_request
from cogs.interactions import ask, offered_of, services_of
from cogs.options import (
    IMAGE_RATIOS,
    REFERENCES,
    RESOLUTIONS,
    PictureCount,
    Prompt,
    Share,
    chosen_from,
    described,
    suggest_image_model,
)


class Image(commands.Cog):
    """The command."""

    @app_commands.command(name="image", description=locale_str("command.image.description"))
    @described(
        "image",
        "prompt",
        *IMAGE_OPTIONS,
        "model",
        "aspect_ratio",
        "resolution",
        "n",
        "fidelity",
        "human_fidelity",
        "reference",
        "negative_prompt",
    )
    @chosen_from("aspect_ratio", *IMAGE_RATIOS)
    @chosen_from("resolution", *RESOLUTIONS)
    @chosen_from("reference", *REFERENCES)
    @app_commands.autocomplete(model=suggest_image_model)
    async def image(
        self,
        interaction: discord.Interaction,
        prompt: Prompt,
        image: discord.Attachment | None = None,
        model: str | None = None,
        aspect_ratio: str | None = None,
        resolution: str | None = None,
        n: PictureCount | None = None,
        fidelity: Share | None = None,
        human_fidelity: Share | None = None,
        reference: str | None = None,
        negative_prompt: Prompt | None = None,
        image_2: discord.Attachment | None = None,
        image_3: discord.Attachment | None = None,
        image_4: discord.Attachment | None = None,
        image_5: discord.Attachment | None = None,
        image_6: discord.Attachment | None = None,
        image_7: discord.Attachment | None = None,
        image_8: discord.Attachment | None = None,
        image_9: discord.Attachment | None = None,
        image_10: discord.Attachment | None = None,
    ) -> None:
        """Ask for pictures."""
        pictures = (
            image,
            image_2,
            image_3,
            image_4,
            image_5,
            image_6,
            image_7,
            image_8,
            image_9,
            image_10,
        )
        offered = offered_of(**dict(zip(IMAGE_OPTIONS, pictures, strict=True)))
        defaults = services_of(interaction).defaults
        request = image_request(
            prompt,
            offered,
            default_model=defaults.image_model,
            default_omni_model=defaults.omni_model,
            model=model,
            aspect_ratio=aspect_ratio,
            resolution=resolution,
            n=n,
            fidelity=fidelity,
            human_fidelity=human_fidelity,
            reference=reference,
            negative_prompt=negative_prompt,
        )
        await ask(interaction, request, offered)


async def setup(bot: KlingBot) -> None:
    """Add the command."""
    await bot.add_cog(Image())
