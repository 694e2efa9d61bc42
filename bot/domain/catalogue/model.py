"""What the catalogue states about a model: frozen records, no data.

The rows of `data/*.toml`, and of an operator's `catalogue.toml`, have these fields. A yes-or-no
fact has three values: true, false, and "unknown" (None here) for "the sources disagree or are
silent". None is never a reason to refuse: then Kling decides.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, ConfigDict, Field

from bot.domain.catalogue.elements import Elements
from bot.domain.limits import COUNT_MAX, SERIES_MAX, VIDEO_RATIOS

DEFAULT_MODE: Final = "std"
"""Kling's default if no mode is sent."""
DEFAULT_DURATION_S: Final = 5
"""Kling's default if no duration is sent."""
DEFAULT_RESOLUTION: Final = "1k"
"""Kling's default if no resolution is sent."""
UNKNOWN: Final = "unknown"
WITH_SOUND: Final = " with sound"
"""Suffix of a mode whose price includes audio."""
_STRICT: Final = ConfigDict(extra="forbid")


def _known(value: object) -> object:
    return None if value == UNKNOWN else value


def _span(value: Any) -> Any:
    """Read `"3-15"` as every whole number from 3 to 15."""
    if not isinstance(value, str):
        return value
    first, _, last = value.partition("-")
    return tuple(range(int(first), int(last or first) + 1))


Fact = Annotated[bool | None, BeforeValidator(_known)]
Name = Annotated[str, Field(min_length=1)]
Names = tuple[Name, ...]
Seconds = Annotated[
    tuple[Annotated[int, Field(ge=1, le=600)], ...], BeforeValidator(_span), Field(min_length=1)
]
Units = Annotated[Decimal, Field(ge=0, max_digits=9, decimal_places=4, allow_inf_nan=False)]


@dataclass(frozen=True, slots=True)
class Source:
    """The source of a row, and its date."""

    __pydantic_config__ = _STRICT

    name: Name
    as_of: dt.date


@dataclass(frozen=True, slots=True)
class Camera:
    """The conditions under which a model supports `camera_control`."""

    __pydantic_config__ = _STRICT

    types: Names
    """Values of `camera_control.type`: `simple` and the presets."""
    mode: Name
    duration_s: int


@dataclass(frozen=True, slots=True)
class EndImage:
    """The conditions under which a model supports a last frame beside the first."""

    __pydantic_config__ = _STRICT

    modes: Names
    durations_s: Seconds
    silent_only: bool = False


@dataclass(frozen=True, slots=True)
class VideoModel:
    """A model that makes videos from a prompt, or from images."""

    __pydantic_config__ = _STRICT

    name: Name
    text: bool
    """Makes videos from a prompt alone."""
    image: bool
    """Makes videos from an image."""
    durations_s: Seconds
    modes: Annotated[Names, Field(min_length=1)]
    source: Source
    price_source: Source
    newer: bool = False
    """Belongs to Kling's newer generation: other paths, another body, an API key only."""
    takes_ids: Fact = True
    """Tasks can carry our id. None: the first refusal tells; False: they never can."""
    cfg_scale: Fact = False
    negative_prompt: Fact = True
    camera_text: Camera | None = None
    camera_image: Camera | None = None
    end_image: EndImage | None = None
    sound_modes: Names = ()
    """Modes in which it can generate audio; empty: never."""
    always_sounds: bool = False
    """Every video has audio: it can't be switched off, and is part of the price."""
    shots_max: int = 0
    """Shots of one video; 0: it has no such field."""
    shot_characters_max: int | None = None
    """The longest words of a single shot; None: only the sum counts."""
    shots_text_characters_max: int | None = None
    """The shots as the one text that the newer generation takes, without an image."""
    shots_image_characters_max: int | None = None
    """The same with an image."""
    middle_max: int = 0
    """Images between the first and the last frame."""
    omni: bool = False
    """Every video of it is made on omni-video; others go there with references only."""
    references_max: int = 0
    """Images that the prompt can cite; 0: none."""
    frames_count_as_references: bool = False
    """A first frame is one of the images that `references_max` limits."""
    frames_with_references: int = 0
    """How many of first and last frame may stand beside references."""
    durations_without_references_s: Seconds | None = None
    """The lengths without references, where they are fewer."""
    ratio_needed: bool = False
    """Without a first frame, the aspect ratio must be sent."""
    ratios: Names = VIDEO_RATIOS
    elements: Elements | None = None
    """The characters that a prompt may cite; None: none."""
    units_per_s: Mapping[Name, Units] = field(default_factory=dict)
    """Video units per second by mode, or by mode and " with sound"."""

    def lengths_s(self, *, references: bool) -> tuple[int, ...]:
        """Return the lengths that it makes, in seconds, with references or without."""
        fewer = None if references else self.durations_without_references_s
        return fewer or self.durations_s

    def units_of_a_second(self, mode: str, *, sound: bool) -> Decimal | None:
        """Return the price of a second in video units; None if the price table states none."""
        return self.units_per_s.get(mode + WITH_SOUND * (sound and not self.always_sounds))


@dataclass(frozen=True, slots=True)
class ImageModel:
    """A model of images/generations; if `omni`, of images/omni-image or the newer generation."""

    __pydantic_config__ = _STRICT

    name: Name
    text: bool
    """Makes images from a prompt alone."""
    image: bool
    """Makes images from an image."""
    resolutions_text: Names
    resolutions_image: Names
    """With an image; empty: the output has the size of that image."""
    ratios: Names
    """Empty: the output has the aspect ratio of the image."""
    source: Source
    price_source: Source
    newer: bool = False
    """Belongs to Kling's newer generation: another path and body, an API key only."""
    takes_ids: Fact = True
    """Tasks can carry our id. None: the first refusal tells; False: they never can."""
    omni: bool = False
    references: Names = ()
    """Values of `image_reference`."""
    reference_needed: bool = False
    """An image is accepted only together with `image_reference`."""
    fidelity: Fact = None
    human_fidelity: Fact = None
    negative_prompt: Fact = True
    auto_needs_image: bool = False
    pictures_max: Annotated[int, Field(ge=1)] = 1
    count_max: Annotated[int, Field(ge=1, le=COUNT_MAX)] = COUNT_MAX
    series_max: Annotated[int, Field(ge=0, le=SERIES_MAX)] = 0
    """Images of one series; 0: it makes none."""
    elements: Elements | None = None
    """The characters that a prompt may cite; None: none."""
    units_text: Mapping[Name, Units] = field(default_factory=dict)
    """Image units per image by resolution, from a prompt."""
    units_image: Mapping[Name, Units] = field(default_factory=dict)
    """Image units per image by resolution, from images."""

    @property
    def usual_resolution(self) -> str:
        """What is made if no resolution is named: Kling's default, or the smallest on offer."""
        offered = self.resolutions_text or self.resolutions_image or (DEFAULT_RESOLUTION,)
        return DEFAULT_RESOLUTION if DEFAULT_RESOLUTION in offered else offered[0]

    def units_of_an_image(self, resolution: str | None, *, images: bool) -> Decimal | None:
        """Return the price of an image in image units; None if the price table states none."""
        table = self.units_image if images else self.units_text
        return table.get(resolution or self.usual_resolution)


@dataclass(frozen=True, slots=True)
class Calls:
    """Prices beside the models', in video units."""

    __pydantic_config__ = _STRICT

    lip_sync_per_5_s: Units
    """A lip-sync is counted in steps of 5 s, at least one."""
    identify_face: Units
    """A call."""
    tts: Units
    """A call of text to speech."""
    source: Source


@dataclass(frozen=True, slots=True)
class UsualSeconds:
    """How long a generation usually takes, in seconds, before an installation has measured it."""

    __pydantic_config__ = _STRICT

    routes: Mapping[Name, float]
    models: Mapping[Name, Mapping[Name, float]]
    """By model and route, where that is known."""
    modes: Mapping[Name, float]
    """Factors."""
    fixed_share: Annotated[float, Field(ge=0, le=1)]
    """The part of the time that does not grow with the length of the video."""
