"""What the catalogue states about a model that makes a video from another one."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

from pydantic import ConfigDict, Field

from bot.domain.catalogue.model import Fact, Name, Names, Seconds, Source, Units


@dataclass(frozen=True, slots=True)
class EditModel:
    """A model of the route omni-video, as far as it takes a video. Only Kling learns its length."""

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
    megabytes_max: Annotated[int, Field(ge=1)] = 200
    side_min_px: int = 700
    side_max_px: int = 4553
    pixels_max: int | None = None
    """Width times height."""
    ratio_min: Decimal | None = None
    """Width divided by height."""
    ratio_max: Decimal | None = None

    def charged_s(self, duration_s: int | None) -> tuple[int, bool]:
        """Return the most seconds that are charged, and whether fewer may be.

        `duration_s` is the length of a new video; None: an edit.
        """
        longest = max(self.input_s)
        result_s = longest if duration_s is None else duration_s
        if self.charges_input:
            return max(longest + result_s, 2 * result_s), True
        return result_s, duration_s is None
