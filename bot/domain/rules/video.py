"""Rules of `/video` that hold whatever the model."""

from collections.abc import Iterator

from bot.domain import limits
from bot.domain.catalogue.model import VIDEO_RATIOS
from bot.domain.requests import CAMERA_AXES, CAMERA_PRESETS, VideoRequest
from bot.domain.rules.options import choice_problems, number_problems
from bot.errors import Problem


def video_problems(request: VideoRequest) -> Iterator[Problem]:
    """Yield what is wrong with the options in themselves and with each other."""
    yield from choice_problems("mode", request.mode, limits.MODES)
    yield from choice_problems("aspect_ratio", request.aspect_ratio, VIDEO_RATIOS)
    yield from number_problems("cfg_scale", request.cfg_scale, limits.CFG_SCALE)
    if request.duration_s is not None and request.duration_s < 1:
        yield Problem("duration_too_short", {"given": request.duration_s, "min": 1})
    if request.end_image and not request.image:
        yield Problem("end_image_without_image")
    yield from _camera(request)


def _camera(request: VideoRequest) -> Iterator[Problem]:
    camera, amount = request.camera, request.camera_amount
    yield from choice_problems("camera", camera, (*CAMERA_AXES, *CAMERA_PRESETS))
    yield from number_problems("camera_amount", amount, limits.CAMERA_AMOUNT)
    if camera is None and amount is not None:
        yield Problem("camera_amount_without_camera")
    if camera in CAMERA_AXES and not amount:
        low, high = limits.CAMERA_AMOUNT
        yield Problem("camera_amount_missing", {"camera": camera, "min": low, "max": high})
    if camera in CAMERA_PRESETS and amount is not None:
        yield Problem("camera_amount_with_preset", {"camera": camera})
    if camera is not None and request.image and request.end_image:
        yield Problem("camera_with_end_image")
