"""What a model does not support of an edit."""

from collections.abc import Iterator

from bot.domain.catalogue.edit_model import EditModel
from bot.domain.catalogue.elements import Beside, element_problems
from bot.domain.catalogue.video_abilities import seconds_text
from bot.domain.edits import EditRequest
from bot.errors import Fact, Problem


def edit_shortcomings(model: EditModel, request: EditRequest) -> list[Problem]:
    """Return everything in the request that the model does not support."""
    return [
        *_use(model, request),
        *_length(model, request),
        *_choices(model, request),
        *_images(model, request),
        *element_problems(
            model.name, model.elements, request.elements, Beside(len(request.images))
        ),
        *_sound(model, request),
    ]


def _use(model: EditModel, request: EditRequest) -> Iterator[Problem]:
    if request.used not in model.uses:
        yield Problem("use_unsupported", {"model": model.name, "allowed": ", ".join(model.uses)})


def _length(model: EditModel, request: EditRequest) -> Iterator[Problem]:
    if request.video_s is not None and not model.takes_length(request.video_s):
        seconds = round(request.video_s, 1)
        allowed = seconds_text(model.input_s)
        yield Problem("clip_length", {"model": model.name, "seconds": seconds, "allowed": allowed})


def _choices(model: EditModel, request: EditRequest) -> Iterator[Problem]:
    """Yield a mode, length or ratio that the model does not have; an edit has no own length."""
    chosen: list[tuple[str, str | int | None, tuple[str | int, ...], str]] = [
        ("mode", request.mode, model.modes, ", ".join(model.modes)),
    ]
    if request.is_reference:
        seconds = seconds_text(model.durations_s)
        chosen += [
            ("duration", request.duration_s, model.durations_s, seconds),
            ("ratio", request.aspect_ratio, model.ratios, ", ".join(model.ratios)),
        ]
    for code, given, those, allowed in chosen:
        if given is not None and given not in those:
            yield Problem(code, {"model": model.name, "given": given, "allowed": allowed})


def _images(model: EditModel, request: EditRequest) -> Iterator[Problem]:
    given = len(request.images)
    if given > model.images_max:
        facts: dict[str, Fact] = {"given": given, "max": model.images_max}
        yield Problem("too_many_pictures", {"model": model.name, **facts})


def _sound(model: EditModel, request: EditRequest) -> Iterator[Problem]:
    if request.keep_sound and request.used not in model.keeps_sound:
        yield Problem("keep_sound_unsupported", {"model": model.name})
