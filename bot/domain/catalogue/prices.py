"""What a request costs in Kling's units, where the price table says so.

Video and image units are separate packs with separate prices and are never added up.
"""

import datetime as dt
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from bot.domain.catalogue.catalogue import Catalogue
from bot.domain.catalogue.edit_model import EditModel
from bot.domain.catalogue.model import DEFAULT_DURATION_S, DEFAULT_MODE
from bot.domain.catalogue.operation_model import OperationModel
from bot.domain.operations.character import LONGEST_S as LONGEST_CHARACTER_S
from bot.domain.operations.table import OPERATIONS
from bot.domain.requests import (
    ClipRequest,
    EditRequest,
    ImageRequest,
    LipSyncRequest,
    OperationRequest,
    Request,
    VideoRequest,
)
from storage.job import Pack

LIP_SYNC_STEP_S: Final = 5
"""A lip-sync is counted in such steps, at least one (Kling's price table, 2026-09)."""


@dataclass(frozen=True, slots=True)
class Price:
    """Units of one pack.

    The length that is charged may not be known before the end: then they are what it costs at most
    (`at_most`).
    """

    units: Decimal
    pack: Pack
    as_of: dt.date
    at_most: bool = False
    known: bool = True
    """False: a guess at the least, because the price table does not state it."""
    calls: Decimal = Decimal(0)
    """The part of it for calls that are paid without a task, before the create."""


def price(catalogue: Catalogue, request: Request) -> Price | None:
    """Return the price of the request by Kling's price table; None if it states none."""
    if isinstance(request, ClipRequest):
        return _video_price(catalogue, request)
    if isinstance(request, EditRequest):
        return _edit_price(catalogue, request)
    if isinstance(request, ImageRequest):
        return _image_price(catalogue, request)
    if isinstance(request, LipSyncRequest):
        return _lip_sync_price(catalogue, request)
    return _operation_price(catalogue, request)


def _lip_sync_price(catalogue: Catalogue, request: LipSyncRequest) -> Price:
    known = catalogue.calls
    calls = known.identify_face + (known.tts if request.text else 0)
    steps = max(1, math.ceil(request.charged_s / LIP_SYNC_STEP_S))
    units = known.lip_sync_per_5_s * steps + calls
    return Price(units, Pack.VIDEO, known.source.as_of, at_most=True, calls=calls)


def price_or_guess(catalogue: Catalogue, request: Request) -> Price:
    """Return the price, or where none is stated the dearest of a plain request of its kind.

    Plain: the default length, mode and resolution.
    """
    known = price(catalogue, request)
    if known is not None:
        return known
    if isinstance(request, ImageRequest):
        return _guess(catalogue, Pack.IMAGE, _plain_images(catalogue, request.count))
    if isinstance(request, OperationRequest):
        plain = _plain_operations(catalogue, request)
        return _guess(catalogue, request.route.pack.units, plain or _plain_videos(catalogue))
    return _guess(catalogue, Pack.VIDEO, _plain_videos(catalogue))


def _guess(catalogue: Catalogue, pack: Pack, plain: Iterable[Decimal]) -> Price:
    units = max(plain, default=Decimal(0))
    return Price(units, pack, catalogue.calls.source.as_of, known=False)


def _plain_operations(catalogue: Catalogue, request: OperationRequest) -> list[Decimal]:
    rows = catalogue.operation_models(request.kind)
    return [
        units
        for row in rows
        if (units := _units(row, row.modes[0] if row.modes else "", DEFAULT_DURATION_S))
    ]


def _plain_videos(catalogue: Catalogue) -> Iterator[Decimal]:
    for model in catalogue.video:
        for sound in (False, True):
            units_per_s = model.units_of_a_second(DEFAULT_MODE, sound=sound)
            if units_per_s is not None:
                yield units_per_s * DEFAULT_DURATION_S


def _plain_images(catalogue: Catalogue, count: int) -> Iterator[Decimal]:
    for model in catalogue.image:
        for images in (False, True):
            units = model.units_of_an_image(None, images=images)
            if units is not None:
                yield units * count


def _video_price(catalogue: Catalogue, request: ClipRequest) -> Price | None:
    model = catalogue.video_model(request.model)
    duration_s = DEFAULT_DURATION_S if request.duration_s is None else request.duration_s
    references = isinstance(request, VideoRequest) and bool(request.references)
    if model is None or duration_s not in model.lengths_s(references=references):
        return None
    mode = request.mode or DEFAULT_MODE
    units_per_s = model.units_of_a_second(mode, sound=bool(request.sound))
    clips = sum(one.of_clip for one in request.elements)
    from_video = catalogue.edit_model(request.model) if clips else None
    if from_video is not None and from_video.charges_input:
        return _price_with_clips(from_video, mode, duration_s, clips)
    if units_per_s is None:
        return None
    return Price(units_per_s * duration_s, Pack.VIDEO, model.price_source.as_of)


def _price_with_clips(model: EditModel, mode: str, duration_s: int, clips: int) -> Price | None:
    """Return the most that it can cost: the seconds of characters made from videos count, too."""
    units_per_s = model.units_per_s.get(mode)
    if units_per_s is None:
        return None
    seconds, _ = model.charged_s(duration_s, clips * LONGEST_CHARACTER_S)
    return Price(units_per_s * seconds, Pack.VIDEO, model.price_source.as_of, at_most=True)


def _edit_price(catalogue: Catalogue, request: EditRequest) -> Price | None:
    """Return the most that it can cost: how long the video is may be known to Kling only."""
    model = catalogue.edit_model(request.model)
    duration_s = request.duration_s or DEFAULT_DURATION_S if request.is_reference else None
    if model is None or (duration_s is not None and duration_s not in model.durations_s):
        return None
    if request.video_s is not None and not model.takes_length(request.video_s):
        return None
    units_per_s = model.units_per_s.get(request.mode or DEFAULT_MODE)
    if units_per_s is None:
        return None
    seconds, at_most = model.charged_s(duration_s, request.video_s)
    units, as_of = units_per_s * seconds, model.price_source.as_of
    return Price(units, Pack.VIDEO, as_of, at_most=at_most)


def _operation_price(catalogue: Catalogue, request: OperationRequest) -> Price | None:
    row = catalogue.operation_model(request.kind, request.model)
    charged = OPERATIONS[request.kind].charged
    seconds, at_most = charged(request) if charged is not None else (0, False)
    mode = getattr(request, "mode", None) or DEFAULT_MODE
    units = _units(row, mode, seconds) if row is not None else None
    if row is None or units is None:
        return None
    units *= getattr(request, "count", 1)
    calls = catalogue.calls.tts if getattr(request, "text", "") else Decimal(0)
    as_of = row.price_source.as_of
    return Price(units + calls, request.route.pack.units, as_of, at_most=at_most, calls=calls)


def _units(row: OperationModel, mode: str, seconds: int) -> Decimal | None:
    """Return the units of a task: one price, or that of its seconds."""
    units_per_s = row.units_of_a_second(mode)
    return row.units if units_per_s is None else units_per_s * seconds


def _image_price(catalogue: Catalogue, request: ImageRequest) -> Price | None:
    model = catalogue.image_model(request.model)
    if model is None:
        return None
    units = model.units_of_an_image(request.resolution, images=bool(request.images))
    if units is None:
        return None
    return Price(units * request.count, Pack.IMAGE, model.price_source.as_of)
