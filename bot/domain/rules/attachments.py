"""Rules for files by what Discord declares about them, before a byte is downloaded.

What Discord leaves out (the pixel size of some images) is no reason to refuse: the bytes are
checked later. A declared type is trusted only for videos, which Kling opens and we never do.
"""

import math
from collections.abc import Iterator

from bot.domain import limits
from bot.domain.catalogue import EditModel, OperationModel
from bot.domain.requests import Offered
from bot.errors import Fact, Problem


def picture_problems(offered: Offered) -> Iterator[Problem]:
    """Yield what is wrong with an image's declared file size, sides and shape."""
    yield from _weight(offered, "picture_too_large", limits.PICTURE_MAX_MB)
    width, height = offered.width, offered.height
    if not width or not height:
        return
    facts: dict[str, Fact] = {"option": offered.name, "width": width, "height": height}
    if min(width, height) < limits.PICTURE_SIDE_MIN_PX:
        yield Problem("picture_too_small", {**facts, "min": limits.PICTURE_SIDE_MIN_PX})
    if max(width, height) > limits.PICTURE_RATIO_MAX * min(width, height):
        yield Problem("picture_ratio", {**facts, "max_ratio": limits.PICTURE_RATIO_MAX})


def sound_problems(offered: Offered) -> Iterator[Problem]:
    """Yield what is wrong with an audio file's declared size."""
    yield from _weight(offered, "sound_too_large", limits.SOUND_MAX_MB)


def clip_problems(offered: Offered) -> Iterator[Problem]:
    """Yield what is wrong with the declared file size, type and sides of a video for a lip-sync."""
    yield from _weight(offered, "clip_too_large", limits.CLIP_MAX_MB)
    yield from _clip_type(offered)
    yield from _clip_sides(offered, limits.CLIP_SIDE_MIN_PX, limits.CLIP_SIDE_MAX_PX)


def model_clip_problems(
    offered: Offered, model: EditModel | OperationModel | None
) -> Iterator[Problem]:
    """Yield what is wrong with a video for this model; without a model, only that it is none."""
    yield from _clip_type(offered)
    if model is None:
        return
    yield from _weight(offered, "clip_too_large", model.megabytes_max)
    yield from _clip_sides(offered, model.side_min_px, model.side_max_px, model.pixels_max)
    yield from _clip_ratio(offered, model)


def _clip_type(offered: Offered) -> Iterator[Problem]:
    if not _is_clip(offered):
        yield Problem("clip_type", {"option": offered.name})


def _clip_sides(
    offered: Offered, low_px: int, high_px: int, pixels_max: int | None = None
) -> Iterator[Problem]:
    width, height = offered.width, offered.height
    if not width or not height:
        return
    facts: dict[str, Fact] = {"option": offered.name, "width": width, "height": height}
    if min(width, height) < low_px or max(width, height) > high_px:
        yield Problem("clip_sides", {**facts, "min": low_px, "max": high_px})
    elif pixels_max is not None and width * height > pixels_max:
        yield Problem("clip_pixels", {**facts, "max": pixels_max})


def _clip_ratio(offered: Offered, model: EditModel | OperationModel) -> Iterator[Problem]:
    width, height = offered.width, offered.height
    least, most = model.ratio_min, model.ratio_max
    if not width or not height:
        return
    if (least is not None and width < least * height) or (
        most is not None and width > most * height
    ):
        facts: dict[str, Fact] = {"option": offered.name, "width": width, "height": height}
        yield Problem("clip_ratio", {**facts, "min": f"{least}", "max": f"{most}"})


def _weight(offered: Offered, code: str, max_mb: int) -> Iterator[Problem]:
    if offered.size_bytes > max_mb * limits.MEGABYTE:
        size_mb = math.ceil(offered.size_bytes / limits.MEGABYTE)
        yield Problem(code, {"option": offered.name, "size_mb": size_mb, "max_mb": max_mb})


def _is_clip(offered: Offered) -> bool:
    declared = offered.content_type.partition(";")[0].strip().lower()
    if declared in {"", "application/octet-stream"}:
        return not offered.filename or offered.filename.lower().endswith(limits.CLIP_ENDINGS)
    return declared in limits.CLIP_TYPES
