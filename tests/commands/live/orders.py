"""What is ordered on the real Kling, and what it can cost by the catalogue."""

import functools
from collections.abc import Callable
from typing import Final

from bot.domain.catalogue import Catalogue
from bot.domain.requests import (
    REFERENCE_OPTIONS,
    ImageRequest,
    LipSyncRequest,
    Request,
    VideoRequest,
)
from bot.kling.catalogue_files import load_catalogue
from bot.settings.default_sections import DefaultsSettings

CLIP_S: Final = 5
REFERENCE_CLIP_S: Final = 3
FOX, WATERCOLOUR, CITING = "A fox in the snow", "As a watercolour", "<<<image_1>>> in a garden"
UNSAFE = "An unsafe scene: a battlefield with blood and wounded soldiers"
"""What a check of contents may let in and stop later."""
SPEAKER = "A woman looks into the camera, her face well lit, talking calmly"


@functools.cache
def shipped() -> Catalogue:
    """Return the catalogue that members get; read once, because prices are asked for often."""
    return load_catalogue()


ORDERS: Final[dict[str, Callable[[DefaultsSettings], Request]]] = {
    "image": lambda use: ImageRequest(FOX, use.image_model, n=1),
    "image-to-image": lambda use: ImageRequest(WATERCOLOUR, use.image_model, ("image",), n=1),
    "omni-image": lambda use: ImageRequest(CITING, use.omni_model, ("image",), omni=True, n=1),
    "text2video": lambda use: VideoRequest(SPEAKER, use.video_model, mode="std", duration_s=CLIP_S),
    "image2video": lambda use: VideoRequest(
        "She nods", use.video_model, image=True, mode="std", duration_s=CLIP_S
    ),
    "lip-sync": lambda _use: LipSyncRequest(video_url=""),
    "omni-video": lambda _use: VideoRequest(
        CITING,
        shipped().without_newer().first_with_references(),
        references=REFERENCE_OPTIONS[:1],
        mode="std",
        duration_s=REFERENCE_CLIP_S,
        omni=True,
    ),
    "4.0-flash": lambda _use: VideoRequest(
        FOX, "kling-4.0-flash", mode="std", duration_s=3, newer=True
    ),
    "image-4.0": lambda _use: ImageRequest(FOX, "kling-image-4.0", resolution="2k", newer=True),
    "failed": lambda use: ImageRequest(UNSAFE, use.image_model, n=1),
}
"""The models are those that members get when they name none, and the cheapest of 4.0."""
