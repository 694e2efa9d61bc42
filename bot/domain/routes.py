"""Kling's routes for what members ask for."""

import enum
from typing import Final

from storage.job import Pack


class Route(enum.StrEnum):
    """Kling's routes, spelled as in its paths; without a slash they are of its newer generation."""

    TEXT2VIDEO = "videos/text2video"
    IMAGE2VIDEO = "videos/image2video"
    GENERATIONS = "images/generations"
    OMNI_IMAGE = "images/omni-image"
    LIP_SYNC = "videos/advanced-lip-sync"
    LEGACY_OMNI_VIDEO = "videos/omni-video"
    MOTION = "videos/motion-control"
    AVATAR = "videos/avatar/image2video"
    EFFECTS = "videos/effects"
    EXPAND = "images/editing/expand"
    TEXT_TO_AUDIO = "audio/text-to-audio"
    VIDEO_TO_AUDIO = "audio/video-to-audio"
    ELEMENTS = "general/advanced-custom-elements"
    TEXT_TO_VIDEO = "text-to-video"
    IMAGE_TO_VIDEO = "image-to-video"
    OMNI_VIDEO = "omni-video"
    NEWER_MOTION = "motion-control"
    NEWER_IMAGE = "omni-image"
    """As `bot/kling/image_paths.py` says, its path is not documented."""

    @property
    def pack(self) -> Pack:
        """The pack whose slots the route takes; `units` of it is the one that pays."""
        if self.value.startswith("audio/"):
            return Pack.AUDIO
        is_image = self.value.startswith("images/") or self is Route.NEWER_IMAGE
        return Pack.IMAGE if is_image else Pack.VIDEO

    @property
    def newer(self) -> bool:
        """Whether it belongs to the newer generation, whose models are part of the path."""
        return "/" not in self.value


class Passed(enum.StrEnum):
    """Routes that only callers of the gateway use, spelled as in Kling's paths."""

    MULTI_IMAGE_TO_VIDEO = "videos/multi-image2video"
    VIDEO_EXTEND = "videos/video-extend"
    MULTI_IMAGE_TO_IMAGE = "images/multi-image2image"
    TRY_ON = "images/kolors-virtual-try-on"


def video_route(*, image: bool, newer: bool, omni: bool = False) -> Route:
    """Return the route of a video made from a prompt, or from an image.

    `omni` is the route that takes reference images, and the only one of some models.
    """
    if omni:
        return Route.OMNI_VIDEO if newer else Route.LEGACY_OMNI_VIDEO
    if newer:
        return Route.IMAGE_TO_VIDEO if image else Route.TEXT_TO_VIDEO
    return Route.IMAGE2VIDEO if image else Route.TEXT2VIDEO


WITH_RATIO: Final = frozenset(
    {Route.TEXT2VIDEO, Route.TEXT_TO_VIDEO, Route.OMNI_VIDEO, Route.LEGACY_OMNI_VIDEO}
)
"""Routes that have an aspect ratio; where a first frame is given, it decides (`uses`)."""
FROM_PICTURE: Final = frozenset({Route.IMAGE2VIDEO, Route.IMAGE_TO_VIDEO})
PLAIN_VIDEO: Final = frozenset({Route.TEXT2VIDEO, Route.IMAGE2VIDEO})
"""The legacy routes whose models take no references."""
