"""What the catalogue states about a model: frozen records, no data.

A yes-or-no fact has three values: True, False, and None for "the sources disagree or are silent".
None is never a reason to refuse: then Kling decides.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from bot.domain.limits import VIDEO_RATIOS

DEFAULT_MODE: Final = "std"
"""Kling's default if no mode is sent."""
DEFAULT_DURATION_S: Final = 5
"""Kling's default if no duration is sent."""
DEFAULT_RESOLUTION: Final = "1k"
"""Kling's default if no resolution is sent."""


@dataclass(frozen=True, slots=True)
class Source:
    """The source of a row, and its date."""

    name: str
    as_of: dt.date


@dataclass(frozen=True, slots=True)
class Camera:
    """The conditions under which a model supports `camera_control`."""

    types: tuple[str, ...]
    """Values of `camera_control.type`: `simple` and the presets."""
    mode: str
    duration_s: int


@dataclass(frozen=True, slots=True)
class EndImage:
    """The conditions under which a model supports a last frame beside the first."""

    modes: tuple[str, ...]
    durations_s: tuple[int, ...]
    silent_only: bool = False


@dataclass(frozen=True, slots=True)
class VideoModel:
    """A model of text2video and image2video."""

    name: str
    text: bool
    """Makes videos from a prompt alone."""
    image: bool
    """Makes videos from an image."""
    durations_s: tuple[int, ...]
    modes: tuple[str, ...]
    source: Source
    price_source: Source
    cfg_scale: bool | None = False
    negative_prompt: bool | None = True
    camera_text: Camera | None = None
    camera_image: Camera | None = None
    end_image: EndImage | None = None
    sound_modes: tuple[str, ...] = ()
    """Modes in which it can generate audio; empty: never."""
    ratios: tuple[str, ...] = VIDEO_RATIOS
    units_per_s: Mapping[tuple[str, bool], Decimal] = field(default_factory=dict)
    """Video units per second by (mode, with audio)."""


@dataclass(frozen=True, slots=True)
class ImageModel:
    """A model of images/generations, or of images/omni-image when `omni`."""

    name: str
    omni: bool
    text: bool
    """Makes images from a prompt alone."""
    image: bool
    """Makes images from an image."""
    resolutions_text: tuple[str, ...]
    resolutions_image: tuple[str, ...]
    """With an image; empty: the output has the size of that image."""
    ratios: tuple[str, ...]
    """Empty: the output has the aspect ratio of the image."""
    source: Source
    price_source: Source
    references: tuple[str, ...] = ()
    """Values of `image_reference`."""
    reference_needed: bool = False
    """An image is accepted only together with `image_reference`."""
    fidelity: bool | None = None
    human_fidelity: bool | None = None
    negative_prompt: bool | None = True
    auto_needs_image: bool = False
    pictures_max: int = 1
    count_max: int = 9
    units_text: Mapping[str, Decimal] = field(default_factory=dict)
    """Image units per image by resolution, from a prompt."""
    units_image: Mapping[str, Decimal] = field(default_factory=dict)
    """Image units per image by resolution, from images."""
