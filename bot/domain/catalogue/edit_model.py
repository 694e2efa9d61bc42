"""What the catalogue states about a model that makes a video from another one."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Final

from pydantic import ConfigDict, Field

from bot.domain.catalogue.elements import Elements
from bot.domain.catalogue.model import Fact, Name, Names, Seconds, Source, Units

SHORTER_S: Final = 0.1
"""Videos of so many seconds are some frames shorter or longer than that."""
LONGER_S: Final = 0.5
"""Kling's documentation takes 15.5 s where it says 15; whether others do is for Kling to say."""


@dataclass(frozen=True, slots=True)
class EditModel:
    """A model of the route omni-video, as far as it takes a video."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    name: Name
    uses: Annotated[Names, Field(min_length=1)]
    """Values of `use`: the video is edited, or the reference of a new one."""
    input_s: Seconds
    """How long the video may be; an edit is as long."""
    durations_s: Seconds
    """The lengths of a new video."""
    modes: Annotated[Names, Field(min_length=1)]
    ratios: Names
    """The aspect ratios of a new video."""
    source: Source
    price_source: Source
    units_per_s: Mapping[Name, Units]
    """Video units per second by mode."""
    charges_input: bool = False
    """Charged are the seconds of both videos, or twice those of the result if that is more."""
    newer: bool = False
    """Belongs to Kling's newer generation: other paths, another body, an API key only."""
    takes_ids: Fact = True
    """As of a model that makes videos."""
    keeps_sound: Names = ()
    """Uses in which the result can have the sound of the video."""
    always_sounds: bool = False
    """A result without the sound of the video has one of its own."""
    multi_shot: bool = False
    """Its requests say whether there are several shots: a new video has, an edit has not."""
    images_max: Annotated[int, Field(ge=0)] = 4
    """Images beside the video."""
    elements: Elements | None = None
    """The characters that a prompt may cite; None: none."""
    megabytes_max: Annotated[int, Field(ge=1)] = 200
    side_min_px: int = 700
    side_max_px: int = 4553
    pixels_max: int | None = None
    """Width times height."""
    ratio_min: Decimal | None = None
    """Width divided by height."""
    ratio_max: Decimal | None = None

    def takes_length(self, video_s: float) -> bool:
        """Tell whether a video may be so long; where Kling rounds, it decides."""
        low_s, high_s = min(self.input_s), max(self.input_s)
        return low_s - SHORTER_S <= video_s <= high_s + LONGER_S

    def charged_s(self, duration_s: int | None, video_s: float | None = None) -> tuple[int, bool]:
        """Return the most seconds that are charged, and whether fewer may be.

        `duration_s` is the length of a new video; None: an edit. `video_s` is that of the given
        one; None: unknown. A part of a second counts as a whole one here; how Kling rounds is not
        documented.
        """
        input_s, exact = max(self.input_s), False
        if video_s is not None:
            input_s = max(1, math.ceil(video_s - SHORTER_S))
            exact = abs(video_s - input_s) <= SHORTER_S
        result_s = input_s if duration_s is None else duration_s
        if self.charges_input:
            return max(input_s + result_s, 2 * result_s), not exact
        return result_s, duration_s is None and not exact
