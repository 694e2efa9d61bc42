"""`/video`: a clip from words or from a picture."""

import discord
from discord import app_commands
from discord.app_commands import locale_str
from discord.ext import commands

from bot.client import KlingBot
from bot.domain.rules import video_request
from cogs.interactions import ask, offered_of, services_of
from cogs.options import (
    CAMERAS,
    MODES,
    VIDEO_RATIOS,
    CameraAmount,
    Prompt,
    Seconds,
    Share,
    chosen_from,
    described,
    suggest_video_model,
)


class Video(commands.Cog):
    """The command."""

    @app_commands.command(name="video", description=locale_str("command.video.description"))
    @described(
        "video",
        "prompt",
        "image",
        "end_image",
        "model",
        "mode",
        "duration",
        "aspect_ratio",
        "negative_prompt",
        "cfg_scale",
        "camera",
        "camera_amount",
        "sound",
    )
    @chosen_from("mode", *MODES)
    @chosen_from("aspect_ratio", *VIDEO_RATIOS)
    @chosen_from("camera", *CAMERAS)
    @app_commands.autocomplete(model=suggest_video_model)
    async def video(
        self,
        interaction: discord.Interaction,
        prompt: Prompt,
        image: discord.Attachment | None = None,
        end_image: discord.Attachment | None = None,
        model: str | None = None,
        mode: str | None = None,
        duration: Seconds | None = None,
        aspect_ratio: str | None = None,
        negative_prompt: Prompt | None = None,
        cfg_scale: Share | None = None,
        camera: str | None = None,
        camera_amount: CameraAmount | None = None,
        sound: bool | None = None,  # noqa: FBT001 - an option of the command
    ) -> None:
        """Ask for a clip."""
        offered = offered_of(image=image, end_image=end_image)
        request = video_request(
            prompt,
            offered,
            default_model=services_of(interaction).defaults.video_model,
            model=model,
            mode=mode,
            duration=duration,
            aspect_ratio=aspect_ratio,
            negative_prompt=negative_prompt,
            cfg_scale=cfg_scale,
            camera=camera,
            camera_amount=camera_amount,
            sound=sound,
        )
        await ask(interaction, request, offered)


async def setup(bot: KlingBot) -> None:
    """Add the command."""
    await bot.add_cog(Video())
