"""What a video model does not support of a request."""

from collections.abc import Callable, Iterator
from typing import Final

from bot.domain.catalogue.elements import Beside, element_problems
from bot.domain.catalogue.model import DEFAULT_DURATION_S, DEFAULT_MODE, Camera, VideoModel
from bot.domain.limits import CAMERA_AXES
from bot.domain.requests import ClipRequest, VideoRequest
from bot.errors import Fact, Problem

BOTH_ENDS: Final = 2
_RANGE_FROM: Final = 3
"""From this many consecutive lengths on, they are written as a range."""

_Check = Callable[[VideoModel, VideoRequest], Iterator[Problem]]


def video_shortcomings(model: VideoModel, request: VideoRequest) -> list[Problem]:
    """Return everything in the request that the model does not support."""
    return [problem for check in _CHECKS for problem in check(model, request)]


def _mode(request: ClipRequest) -> str:
    return request.mode or DEFAULT_MODE


def _duration_s(request: VideoRequest) -> int:
    return DEFAULT_DURATION_S if request.duration_s is None else request.duration_s


def seconds_text(durations_s: tuple[int, ...]) -> str:
    """Return the lengths as people write them: `5, 10`, or `3-15` if there are no gaps."""
    first, last = durations_s[0], durations_s[-1]
    if len(durations_s) == last - first + 1 >= _RANGE_FROM:
        return f"{first}-{last}"
    return ", ".join(str(duration) for duration in durations_s)


def route_problems(model: VideoModel, request: ClipRequest) -> Iterator[Problem]:
    """Yield what the model can't make it from."""
    if request.image and not model.image:
        yield Problem("model_takes_no_image", {"model": model.name})
    if not request.image and not model.text:
        yield Problem("model_needs_image", {"model": model.name})


def _length(model: VideoModel, request: VideoRequest) -> Iterator[Problem]:
    given = request.duration_s
    lengths = model.lengths_s(references=bool(request.references))
    if given is not None and given not in lengths:
        allowed = seconds_text(lengths)
        yield Problem("duration", {"model": model.name, "given": given, "allowed": allowed})


def mode_problems(model: VideoModel, request: ClipRequest) -> Iterator[Problem]:
    """Yield a mode that the model does not have."""
    if request.mode is not None and request.mode not in model.modes:
        facts = {"model": model.name, "given": request.mode, "allowed": ", ".join(model.modes)}
        yield Problem("mode", facts)


def ratio_problems(model: VideoModel, request: ClipRequest) -> Iterator[Problem]:
    """Yield a ratio that the model does not have.

    With an image the ratio follows the image: the card says so, and it is not a mistake.
    """
    if request.image or request.aspect_ratio is None or request.aspect_ratio in model.ratios:
        return
    allowed = ", ".join(model.ratios)
    facts = {"model": model.name, "given": request.aspect_ratio, "allowed": allowed}
    yield Problem("ratio", facts)


def _plain_options(model: VideoModel, request: VideoRequest) -> Iterator[Problem]:
    if request.cfg_scale is not None and model.cfg_scale is False:
        yield Problem("cfg_scale_unsupported", {"model": model.name})
    if request.negative_prompt and model.negative_prompt is False:
        yield Problem("negative_prompt_unsupported", {"model": model.name})


def sound_problems(model: VideoModel, request: ClipRequest) -> Iterator[Problem]:
    """Yield audio that the model can't make, or can't leave out."""
    if model.always_sounds:
        if request.sound is False:
            yield Problem("sound_always", {"model": model.name})
        return
    if not request.sound:
        return
    if not model.sound_modes:
        yield Problem("sound_unsupported", {"model": model.name})
    elif _mode(request) not in model.sound_modes:
        yield Problem("sound_mode", {"model": model.name, "needed": " / ".join(model.sound_modes)})


def _end_image(model: VideoModel, request: VideoRequest) -> Iterator[Problem]:
    if not (request.image and request.end_image):
        return
    rule = model.end_image
    if rule is None:
        yield Problem("end_image_unsupported", {"model": model.name})
        return
    if _mode(request) not in rule.modes:
        yield Problem("end_image_mode", {"model": model.name, "needed": " / ".join(rule.modes)})
    if _duration_s(request) not in rule.durations_s:
        needed = seconds_text(rule.durations_s)
        yield Problem("end_image_duration", {"model": model.name, "needed": needed})
    if rule.silent_only and request.sound:
        yield Problem("end_image_with_sound", {"model": model.name})


def _middle(model: VideoModel, request: VideoRequest) -> Iterator[Problem]:
    if len(request.middle) > model.middle_max:
        yield Problem("middle_unsupported", {"model": model.name})


def _references(model: VideoModel, request: VideoRequest) -> Iterator[Problem]:
    given = len(request.references)
    if given and not model.references_max:
        yield Problem("references_unsupported", {"model": model.name})
        return
    most = model.references_max - (request.image and model.frames_count_as_references)
    if given > most:
        facts: dict[str, Fact] = {"given": given, "max": most}
        yield Problem("references_too_many", {"model": model.name, **facts})
    if given and request.image and not model.frames_with_references:
        yield Problem("references_with_image", {"model": model.name})
    elif given and request.end_image and model.frames_with_references < BOTH_ENDS:
        yield Problem("references_with_end_image", {"model": model.name})


def _elements(model: VideoModel, request: VideoRequest) -> Iterator[Problem]:
    frames = request.image + len(request.middle) + request.end_image
    images = len(request.references) + frames * model.frames_count_as_references
    beside = Beside(images, frames)
    yield from element_problems(model.name, model.elements, request.elements, beside)


def _camera(model: VideoModel, request: VideoRequest) -> Iterator[Problem]:
    if request.camera is None:
        return
    rule = model.camera_image if request.image else model.camera_text
    if rule is None:
        yield Problem("camera_unsupported", {"model": model.name})
        return
    if not _camera_type(request.camera) <= set(rule.types):
        allowed = ", ".join(_camera_choices(rule))
        facts = {"model": model.name, "given": request.camera, "allowed": allowed}
        yield Problem("camera_type", facts)
    if _mode(request) != rule.mode:
        yield Problem("camera_mode", {"model": model.name, "needed": rule.mode})
    if _duration_s(request) != rule.duration_s:
        yield Problem("camera_duration", {"model": model.name, "needed": rule.duration_s})


def _camera_type(camera: str) -> set[str]:
    return {"simple"} if camera in CAMERA_AXES else {camera}


def _camera_choices(rule: Camera) -> list[str]:
    presets = [kind for kind in rule.types if kind != "simple"]
    return [*CAMERA_AXES, *presets] if "simple" in rule.types else presets


_CHECKS: Final[tuple[_Check, ...]] = (
    route_problems,
    _length,
    mode_problems,
    ratio_problems,
    _plain_options,
    sound_problems,
    _end_image,
    _middle,
    _references,
    _elements,
    _camera,
)
