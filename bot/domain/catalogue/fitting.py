"""What of a kind a member could still make with the units that are left. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from bot.domain.catalogue.abilities import can
from bot.domain.catalogue.catalogue import Catalogue
from bot.domain.catalogue.model import DEFAULT_DURATION_S, DEFAULT_MODE
from bot.domain.catalogue.placing import for_model
from bot.domain.catalogue.prices import price
from bot.domain.limits import SERIES_MIN
from bot.domain.requests import (
    AvatarRequest,
    EditRequest,
    ImageRequest,
    MotionRequest,
    OperationRequest,
    Request,
    StoryboardRequest,
    VideoRequest,
)
from bot.domain.units import hundredths

Shown = VideoRequest | StoryboardRequest | EditRequest | ImageRequest | OperationRequest
"""What can be made smaller: its mode or length is chosen, or how many there are."""
Kept = TypeVar("Kept", StoryboardRequest, EditRequest)


@dataclass(frozen=True, slots=True)
class Fitting:
    """A request like the one that was refused, and what it costs in hundredths of a unit."""

    request: Shown
    units: int


def still_fits(catalogue: Catalogue, request: Request, left: int) -> Fitting | None:
    """Return the dearest of its kind that costs no more than what is left; None: nothing does.

    The model that was asked for comes first, then any other that can do the same; but an edit stays
    with its model, since no other is known to take its video.
    """
    if not isinstance(request, Shown):
        return None
    for variants in _variants(catalogue, request):
        fitting = [
            Fitting(one, units)
            for one in variants
            if (cost := price(catalogue, one)) and (units := hundredths(cost.units)) <= left
            if can(catalogue, one)
        ]
        if fitting:
            return max(fitting, key=lambda one: one.units)
    return None


def _variants(catalogue: Catalogue, request: Shown) -> Iterator[Sequence[Shown]]:
    if isinstance(request, StoryboardRequest):
        yield from _storyboards(catalogue, request)
    elif isinstance(request, EditRequest):
        yield from _smaller(request)
    elif isinstance(request, OperationRequest):
        if isinstance(request, MotionRequest | AvatarRequest):
            yield [replace(request, mode=DEFAULT_MODE)]
    elif isinstance(request, VideoRequest):
        yield _clips(catalogue, request, request.mode)
        yield _clips(catalogue, request, DEFAULT_MODE)
        silent = replace(request, sound=None)
        yield [
            clip
            for model in catalogue.video
            for clip in _clips(catalogue, for_model(catalogue, silent, model.name), DEFAULT_MODE)
        ]
    else:
        yield from _pictures(catalogue, request)


def _storyboards(
    catalogue: Catalogue, request: StoryboardRequest
) -> Iterator[list[StoryboardRequest]]:
    """Smaller, then the same by other models.

    Every shot stays, and so does the sound: they are what was asked for.
    """
    yield from _smaller(request)
    plain = replace(request, mode=DEFAULT_MODE)
    others = [
        for_model(catalogue, plain, model.name) for model in catalogue.video if model.shots_max
    ]
    yield others
    yield [shorter for other in others for shorter in _shorter(other)]


def _smaller(request: Kept) -> Iterator[list[Kept]]:
    """As long in the plain mode, then shorter in the mode that was asked for, then both."""
    plain = replace(request, mode=DEFAULT_MODE)
    yield [plain]
    yield _shorter(request)
    yield _shorter(plain)


def _shorter(request: Kept) -> list[Kept]:
    """Return the request in each shorter length.

    Of a storyboard the longest shot gives up a second first; an edit is as long as its video.
    """
    if isinstance(request, EditRequest):
        longest_s = request.duration_s or DEFAULT_DURATION_S
        lengths_s = range(1, longest_s) if request.is_reference else ()
        return [replace(request, duration_s=one) for one in lengths_s]
    return _shorter_shots(request)


def _shorter_shots(request: StoryboardRequest) -> list[StoryboardRequest]:
    found, lengths = [], {shot.number: shot.seconds for shot in request.shots}
    while lengths and max(lengths.values()) > 1:
        lengths[max(lengths, key=lengths.__getitem__)] -= 1
        change: dict[str, Any] = {f"seconds_{number}": one for number, one in lengths.items()}
        found.append(replace(request, **change))
    return found


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
