"""Which image model is sent where none was named and the default can't do what was asked for."""

from decimal import Decimal
from typing import Final

from bot.domain.catalogue.catalogue import Catalogue
from bot.domain.catalogue.model import ImageModel

LARGEST: Final = "8k"
"""The resolution that a single family makes; a smaller one is a matter of choosing a model."""
_UNPRICED: Final = Decimal("Infinity")


def model_for_images(
    catalogue: Catalogue, usual: str, series: int | None, resolution: str | None, images: int
) -> str:
    """Return the default, or for a series or 8k that it can't have the cheapest that can.

    Of the same price, the newest. If none can, or the default is unknown here, the default stays.
    """
    known = catalogue.image_model(usual)
    wanted = series is not None or resolution == LARGEST
    if known is None or not wanted or makes(known, series, resolution, images):
        return usual
    able = [model for model in catalogue.image if makes(model, series, resolution, images)]
    if not able:
        return usual

    def units(model: ImageModel) -> Decimal:
        size = None if resolution == LARGEST else resolution
        stated = model.units_of_an_image(size, images=images > 0)
        return _UNPRICED if stated is None else stated

    return min(able, key=units).name


def makes(model: ImageModel, series: int | None, resolution: str | None, images: int) -> bool:
    """Tell whether a model makes such a series in this resolution from so many images."""
    offered = model.resolutions_image if images else model.resolutions_text
    return (
        images <= model.pictures_max
        and (series is None or series <= model.series_max)
        and (resolution is None or resolution in offered)
    )
