"""What the options of the commands look like to Discord: words by key, ranges, choices, models.

Descriptions are keys of the message catalogue; they become words when the commands are registered.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import discord
from discord import app_commands
from discord.app_commands import Choice, Range, locale_str

from bot.domain.catalogue import suggest
from bot.domain.limits import PROMPT_CHARACTERS_MAX
from bot.domain.requests import CAMERA_AXES, CAMERA_PRESETS, IMAGE_OPTIONS
from cogs.interactions import services_of
from storage.job import Kind

Callback = TypeVar("Callback", bound=Callable[..., Any])

Prompt = Range[str, 1, PROMPT_CHARACTERS_MAX]
Share = Range[float, 0.0, 1.0]
Volume = Range[float, 0.0, 2.0]
CameraAmount = Range[float, -10.0, 10.0]
PictureCount = Range[int, 1, 9]
Seconds = Range[int, 1]
Moment = Range[float, 0.0]


def described(command: str, *options: str) -> Callable[[Callback], Callback]:
    """Describe options by their keys in the message catalogue."""
    return app_commands.describe(
        **{option: locale_str(f"option.{command}.{option}.description") for option in options}
    )


def chosen_from(option: str, *values: str) -> Callable[[Callback], Callback]:
    """Offer these values, named by their keys where the catalogue has a name for them."""
    return app_commands.choices(
        **{option: [Choice(name=_choice_name(option, value), value=value) for value in values]}
    )


def _choice_name(option: str, value: str) -> locale_str | str:
    return value if ":" in value else locale_str(f"choice.{option}.{value}")


VIDEO_RATIOS = ("16:9", "9:16", "1:1")
IMAGE_RATIOS = ("1:1", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3", "21:9", "auto")
MODES = ("std", "pro", "4k")
RESOLUTIONS = ("1k", "2k", "4k")
REFERENCES = ("subject", "face")
CAMERAS = (*CAMERA_AXES, *CAMERA_PRESETS)


async def suggest_video_model(interaction: discord.Interaction, current: str) -> list[Choice[str]]:
    """Offer models for `/video`, those first that fit the options set so far."""
    default = services_of(interaction).defaults.video_model
    pictures = 1 if getattr(interaction.namespace, "image", None) else 0
    names = suggest(current, Kind.VIDEO, pictures=pictures, default=default)
    return [Choice(name=name, value=name) for name in names]


async def suggest_image_model(interaction: discord.Interaction, current: str) -> list[Choice[str]]:
    """Offer models for `/image`, those first that fit the pictures attached so far."""
    defaults = services_of(interaction).defaults
    given = [name for name in IMAGE_OPTIONS if getattr(interaction.namespace, name, None)]
    default = defaults.omni_model if len(given) > 1 else defaults.image_model
    names = suggest(current, Kind.IMAGE, pictures=len(given), default=default)
    return [Choice(name=name, value=name) for name in names]
