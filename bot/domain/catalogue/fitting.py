"""What of a kind a member could still make with the units that are left. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from bot.domain.catalogue.catalogue import Catalogue
from bot.domain.catalogue.model import DEFAULT_MODE
from bot.domain.catalogue.prices import price
from bot.domain.limits import SERIES_MIN
from bot.domain.requests import ImageRequest, Request, VideoRequest
from bot.domain.units import hundredths


@dataclass(frozen=True, slots=True)
class Fitting:
    """A request like the one that was refused, and what it costs in hundredths of a unit."""

    request: VideoRequest | ImageRequest
    units: int


def still_fits(catalogue: Catalogue, request: Request, left: int) -> Fitting | None:
    """Return the dearest of its kind that costs no more than what is left; None: nothing does.

    The model that was asked for comes first, then any other that can do the same.
    """
    if not isinstance(request, VideoRequest | ImageRequest):
        return None
    for variants in _variants(catalogue, request):
        fitting = [
            Fitting(one, units)
            for one in variants
            if (cost := price(catalogue, one)) and (units := hundredths(cost.units)) <= left
        ]
        if fitting:
            return max(fitting, key=lambda one: one.units)
    return None


def _variants(
    catalogue: Catalogue, request: VideoRequest | ImageRequest
) -> Iterator[list[VideoRequest] | list[ImageRequest]]:
    if isinstance(request, VideoRequest):
        yield _clips(catalogue, request, request.mode)
        yield _clips(catalogue, request, DEFAULT_MODE)
        others = [
            model.name
            for model in catalogue.video
            if (model.image if request.image else model.text)
            and len(request.references) <= model.references_max
        ]
        yield [
            clip
            for name in others
            for clip in _clips(catalogue, replace(request, model=name, sound=None), DEFAULT_MODE)
        ]
    else:
        yield from _pictures(catalogue, request)


def _pictures(catalogue: Catalogue, request: ImageRequest) -> Iterator[list[ImageRequest]]:
    """Fewer, then smaller ones; of a series that is not one any more at one image."""
    if request.series is not None:
        fewer = [replace(request, series=n) for n in range(SERIES_MIN, request.series)]
        one = replace(request, series=None, n=1)
    else:
        fewer = [replace(request, n=n) for n in range(1, request.n or 1)]
        one = replace(request, n=1)
    yield list(fewer)
    known = catalogue.image_model(request.model)
    if known is not None:
        smaller = known.usual_resolution
        yield [replace(each, resolution=smaller) for each in (*fewer, one)]


def _clips(catalogue: Catalogue, request: VideoRequest, mode: str | None) -> list[VideoRequest]:
    model = catalogue.video_model(request.model)
    references = bool(request.references)
    seconds = model.lengths_s(references=references) if model is not None else ()
    return [replace(request, mode=mode or DEFAULT_MODE, duration_s=one) for one in seconds]
