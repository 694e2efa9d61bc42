"""Rules of `/video` for all models: options that need or exclude each other."""

from collections.abc import Iterator

from bot.domain.limits import CAMERA_AMOUNT_MAX, CAMERA_AXES, CAMERA_PRESETS
from bot.domain.requests import REFERENCE_OPTIONS, VideoRequest, cited_images
from bot.errors import Problem


def video_problems(request: VideoRequest) -> Iterator[Problem]:
    """Yield what is wrong with the combination of options."""
    if request.end_image and not request.image:
        yield Problem("end_image_without_image")
    if request.middle and not (request.image and request.end_image):
        yield Problem("middle_without_ends")
    yield from _references(request)
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


def _references(request: VideoRequest) -> Iterator[Problem]:
    """Yield gaps between references, and citations of what is not attached."""
    given = request.references
    missing = next((name for name in REFERENCE_OPTIONS[: len(given)] if name not in given), None)
    if missing is not None:
        yield Problem("image_gap", {"missing": missing, "given": ", ".join(given)})
    for number in cited_images(request.prompt):
        if number == 0:
            yield Problem("citation_zero")
        elif number > len(given):
            yield Problem("reference_missing", {"citation": number, "attached": len(given)})
