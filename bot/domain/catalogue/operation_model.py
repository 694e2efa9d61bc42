"""What the catalogue states about a model, or a route, of the table of operations."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated

from pydantic import ConfigDict, Field

from bot.domain.catalogue.elements import Elements
from bot.domain.catalogue.model import Fact, Name, Names, Source, Units
from storage.job import Kind


@dataclass(frozen=True, slots=True)
class OperationModel:
    """One row. Where Kling has no models, it stands for the route, under the route's last word."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    name: Name
    makes: Kind
    """The operation."""
    source: Source
    price_source: Source
    modes: Names = ()
    """Empty: it has none."""
    units: Units | None = None
    """Units of a task, or of each image."""
    units_per_s: Mapping[Name, Units] = field(default_factory=dict)
    """Units per second by mode, where the length is charged."""
    newer: bool = False
    """Belongs to Kling's newer generation: other paths, another body, an API key only."""
    takes_ids: Fact = True
    """As of a model that makes videos."""
    images: Annotated[int, Field(ge=1)] | None = None
    """How many images it needs, where models differ in that."""
    elements: Elements | None = None
    """The characters that a prompt may cite; None: none."""
    withdrawn: dt.date | None = None
    """Since when Kling no longer has it."""
    megabytes_max: Annotated[int, Field(ge=1)] = 100
    """Of its video, as all that follows."""
    side_min_px: int = 340
    side_max_px: int = 3850
    pixels_max: int | None = None
    ratio_min: Decimal | None = None
    ratio_max: Decimal | None = None

    def units_of_a_second(self, mode: str) -> Decimal | None:
        """Return the price of a second; None if the price table states none."""
        return self.units_per_s.get(mode)
