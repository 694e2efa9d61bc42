"""What is ordered on the real Kling, and what it can cost by the catalogue."""

import functools
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from bot.domain.catalogue import Catalogue
from bot.domain.edits import EDIT
from bot.domain.requests import (
    IMAGE_OPTIONS,
    REFERENCE_OPTIONS,
    CharacterRequest,
    EditRequest,
    ImageRequest,
    LipSyncRequest,
    Request,
    StoryboardRequest,
    VideoRequest,
)
from bot.kling.catalogue_files import load_catalogue
from bot.settings.default_sections import DefaultsSettings

CLIP_S: Final = 5
SHORT_CLIP_S: Final = 3
FOX, WATERCOLOUR, CITING = "A fox in the snow", "As a watercolour", "<<<image_1>>> in a garden"
UNSAFE = "An unsafe scene: a battlefield with blood and wounded soldiers"
"""What a check of contents may let in and stop later."""
ANA: Final = "Ana"
READS: Final = f"@{ANA} reads in a garden"
SECOND, WINTER = "<<<image_2>>> in a garden", "Make it winter in <<<video_1>>>"
SPEAKER = "A woman looks into the camera, her face well lit, talking calmly"


@functools.cache
def shipped() -> Catalogue:
    """Return the catalogue that members get; read once, because prices are asked for often."""
    return load_catalogue()


def _clip(prompt: str, model: str, **how: Any) -> VideoRequest:
    """A clip of the newer generation, as short and as cheap as there is."""
    clip = VideoRequest(prompt, model, mode="std", duration_s=SHORT_CLIP_S, newer=True)
    return replace(clip, **how)


def _edit(model: str) -> EditRequest:
    """An edit of the clip of an earlier step."""
    newer = shipped().is_newer(model)
    return EditRequest(WINTER, model, mode="std", newer=newer, video_s=SHORT_CLIP_S)


ORDERS: Final[dict[str, Callable[[DefaultsSettings], Request]]] = {
    "image": lambda use: ImageRequest(FOX, use.image_model, n=1),
    "image-to-image": lambda use: ImageRequest(WATERCOLOUR, use.image_model, ("image",), n=1),
    "omni-image": lambda use: ImageRequest(CITING, use.omni_model, ("image",), omni=True, n=1),
    "text2video": lambda use: VideoRequest(SPEAKER, use.video_model, mode="std", duration_s=CLIP_S),
    "image2video": lambda use: VideoRequest(
        "She nods", use.video_model, image=True, mode="std", duration_s=CLIP_S
    ),
    "lip-sync": lambda _use: LipSyncRequest(
        video_url="", video_s=2 * CLIP_S
    ),  # a frame longer than one
    "omni-video": lambda _use: VideoRequest(
        CITING,
        shipped().without_newer().first_with_references(),
        references=REFERENCE_OPTIONS[:1],
        mode="std",
        duration_s=SHORT_CLIP_S,
        omni=True,
    ),
    "character-made": lambda _use: CharacterRequest(ANA, ("image",), prompt="A person"),
    "character": lambda use: ImageRequest(READS, use.image_model, n=1),
    "4.0-flash": lambda _use: VideoRequest(
        FOX, "kling-4.0-flash", mode="std", duration_s=SHORT_CLIP_S, newer=True
    ),
    "image-4.0": lambda _use: ImageRequest(FOX, "kling-image-4.0", resolution="2k", newer=True),
    "edit": lambda _use: _edit(shipped().without_newer().first_that_edits(EDIT)),
    "image-4.0-two": lambda _use: ImageRequest(
        SECOND, "kling-image-4.0", IMAGE_OPTIONS[:2], resolution="2k", n=2, newer=True
    ),
    "references": lambda _use: _clip(
        SECOND, "kling-3.0-omni", references=REFERENCE_OPTIONS[:2], omni=True
    ),
    "shots": lambda _use: StoryboardRequest(
        FOX, seconds_1=2, shot_2="It runs", seconds_2=2, model="kling-3.0", mode="std", newer=True
    ),
    "3.0-omni-frames": lambda _use: _clip(
        CITING,
        "kling-3.0-omni",
        image=True,
        end_image=True,
        references=REFERENCE_OPTIONS[:3],
        omni=True,
    ),
    "4.0-frames": lambda _use: _clip(
        CITING, "kling-4.0", image=True, references=REFERENCE_OPTIONS[:1], omni=True
    ),
    "edit-3.0": lambda _use: _edit("kling-3.0-omni"),
    "edit-4.0": lambda _use: _edit("kling-4.0"),
    "failed": lambda use: ImageRequest(UNSAFE, use.image_model, n=1),
}
"""The models are those that members get when they name none, and the cheapest of 4.0."""
