"""What the catalogue says about a model: frozen records, no data.

Three answers are possible where a fact is a yes or a no: True, False, and None for "the sources
disagree or are silent". None is never a reason to refuse: Kling then has the last word.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from bot.domain.limits import VIDEO_RATIOS

DEFAULT_MODE: Final = "std"
"""What Kling takes when no mode is sent."""
DEFAULT_DURATION_S: Final = 5
"""What Kling takes when no duration is sent."""
DEFAULT_RESOLUTION: Final = "1k"
"""What Kling takes when no resolution is sent."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a row comes from and how old that is."""

    name: str
    as_of: dt.date


@dataclass(frozen=True, slots=True)
class Camera:
    """Under which conditions a model obeys `camera_control`."""

    types: tuple[str, ...]
    """Values of `camera_control.type`: `simple` and the presets."""
    mode: str
    duration_s: int


@dataclass(frozen=True, slots=True)
class EndImage:
    """Under which conditions a model takes a last frame beside the first."""

    modes: tuple[str, ...]
    durations_s: tuple[int, ...]
    silent_only: bool = False


@dataclass(frozen=True, slots=True)
class VideoModel:
    """A model of text2video and image2video."""

    name: str
    text: bool
    """Makes clips from words alone."""
    image: bool
    """Makes clips from a picture."""
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
    """Modes in which it can make sound; empty: never."""
    ratios: tuple[str, ...] = VIDEO_RATIOS
    units_per_s: Mapping[tuple[str, bool], Decimal] = field(default_factory=dict)
    """Video units a second by (mode, with sound)."""


@dataclass(frozen=True, slots=True)
class ImageModel:
    """A model of images/generations, or of images/omni-image when `omni`."""

    name: str
    omni: bool
    text: bool
    """Makes pictures from words alone."""
    image: bool
    """Makes pictures from a picture."""
    resolutions_text: tuple[str, ...]
    resolutions_image: tuple[str, ...]
    """With a picture; empty: the output has the size of the picture."""
    ratios: tuple[str, ...]
    """Empty: the output has the shape of the picture."""
    source: Source
    price_source: Source
    references: tuple[str, ...] = ()
    """Values of `image_reference`."""
    reference_needed: bool = False
    """A picture is only taken together with `image_reference`."""
    fidelity: bool | None = None
    human_fidelity: bool | None = None
    negative_prompt: bool | None = True
    auto_needs_image: bool = False
    pictures_max: int = 1
    count_max: int = 9
    units_text: Mapping[str, Decimal] = field(default_factory=dict)
    """Image units a picture by resolution, from words."""
    units_image: Mapping[str, Decimal] = field(default_factory=dict)
    """Image units a picture by resolution, from pictures."""
