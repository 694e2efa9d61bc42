"""What a request costs in Kling's units, where the price table says so.

Video and image units are separate packs with separate prices and are never added up.
"""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from bot.domain.catalogue.catalogue import Catalogue
from bot.domain.catalogue.model import DEFAULT_DURATION_S, DEFAULT_MODE, DEFAULT_RESOLUTION
from bot.domain.requests import ImageRequest, Request, VideoRequest
from storage.job import Pack


@dataclass(frozen=True, slots=True)
class Price:
    """Units of one pack. `at_least`: the length that is charged is not known before the end."""

    units: Decimal
    pack: Pack
    as_of: dt.date
    at_least: bool = False


def price(catalogue: Catalogue, request: Request) -> Price | None:
    """Return the price of the request by Kling's price table; None if it states none."""
    if isinstance(request, VideoRequest):
        return _video_price(catalogue, request)
    if isinstance(request, ImageRequest):
        return _image_price(catalogue, request)
    calls = catalogue.calls
    units = calls.lip_sync_per_5_s + calls.identify_face
    return Price(units, Pack.VIDEO, calls.source.as_of, at_least=True)


def _video_price(catalogue: Catalogue, request: VideoRequest) -> Price | None:
    model = catalogue.video_model(request.model)
    duration_s = DEFAULT_DURATION_S if request.duration_s is None else request.duration_s
    if model is None or duration_s not in model.durations_s:
        return None
    mode = request.mode or DEFAULT_MODE
    units_per_s = model.units_of_a_second(mode, sound=bool(request.sound))
    if units_per_s is None:
        return None
    return Price(units_per_s * duration_s, Pack.VIDEO, model.price_source.as_of)


def _image_price(catalogue: Catalogue, request: ImageRequest) -> Price | None:
    model = catalogue.image_model(request.model)
    if model is None:
        return None
    table = model.units_image if request.images else model.units_text
    units = table.get(request.resolution or DEFAULT_RESOLUTION)
    if units is None:
        return None
    return Price(units * (request.n or 1), Pack.IMAGE, model.price_source.as_of)
