"""Rules of `/video` for all models: options that need or exclude each other."""

from collections.abc import Iterator

from bot.domain.catalogue.model import DEFAULT_DURATION_S
from bot.domain.limits import CAMERA_AMOUNT_MAX, CAMERA_AXES, CAMERA_PRESETS, JOINED_MAX_S
from bot.domain.requests import REFERENCE_OPTIONS, VideoRequest
from bot.domain.rules.citations import citation_problems, gap_problems
from bot.errors import Problem


def video_problems(request: VideoRequest) -> Iterator[Problem]:
    """Yield what is wrong with the combination of options."""
    if request.end_image and not request.image:
        yield Problem("end_image_without_image")
    if request.middle and not (request.image and request.end_image):
        yield Problem("middle_without_ends")
    yield from gap_problems(REFERENCE_OPTIONS, request.references)
    yield from citation_problems(
        request.prompt, len(request.references), missing="reference_missing"
    )
    camera, amount = request.camera, request.camera_amount
    if camera is None and amount is not None:
        yield Problem("camera_amount_without_camera")
    if camera in CAMERA_AXES and not amount:
        low, high = -CAMERA_AMOUNT_MAX, CAMERA_AMOUNT_MAX
        yield Problem("camera_amount_missing", {"camera": camera, "min": low, "max": high})
    if camera in CAMERA_PRESETS and amount is not None:
        yield Problem("camera_amount_with_preset", {"camera": camera})
    if camera is not None and request.image and request.end_image:
        yield Problem("camera_with_end_image")
    if request.continues:
        yield from joined_problems(request.earlier_s, request)


def joined_problems(earlier_s: float, request: VideoRequest) -> Iterator[Problem]:
    """Yield that a video would be too long, once it is joined to the parts before it."""
    wanted_s = request.duration_s or DEFAULT_DURATION_S
    if round(earlier_s) + wanted_s > JOINED_MAX_S:
        facts = {"earlier": round(earlier_s), "given": wanted_s, "max": JOINED_MAX_S}
        yield Problem("joined_too_long", facts)
