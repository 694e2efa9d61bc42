"""Writes a picture as Kling takes it: within a size in bytes and the limits of its sides."""

import io
import math
from typing import Final

from PIL import Image

from bot.domain.limits import PICTURE_SIDE_MIN_PX
from bot.errors import MediaRefused
from bot.media import kinds

SIDE_MAX_PX: Final = 4096  # Kling names no maximum; it does not use more pixels than this
LOSSLESS_MAX_PIXELS: Final = 4_000_000  # above, PNG is slow to write and seldom small enough
JPEG_QUALITIES: Final = (95, 90, 85)
FULL_COLOUR_QUALITY: Final = 95  # from here on red letters on white keep their edges (4:4:4)
SHRINK_STEP: Final = 0.9  # slightly more than the sizes alone require


def encoded(
    image: Image.Image, max_bytes: int, *, lossless: bool
) -> tuple[bytes, str, Image.Image]:
    """The best encoding that fits: PNG if the source was lossless, then good JPEG, then smaller."""
    out = io.BytesIO()
    if lossless and image.width * image.height <= LOSSLESS_MAX_PIXELS:
        image.save(out, "PNG")
        if out.tell() <= max_bytes:
            return out.getvalue(), kinds.PNG.media_type, image
    while True:
        for quality in JPEG_QUALITIES:
            out = io.BytesIO()
            full = quality >= FULL_COLOUR_QUALITY
            image.save(out, "JPEG", quality=quality, subsampling=0 if full else 2)
            if out.tell() <= max_bytes:
                return out.getvalue(), kinds.JPEG.media_type, image
        factor = math.sqrt(max_bytes / out.tell()) * SHRINK_STEP
        smaller = within(image.size, math.floor(max(image.size) * factor))
        if smaller == image.size:
            raise MediaRefused(
                "picture_unreadable"
            )  # noise at the minimum size that is still too large
        image = resized(image, smaller)


def within(size: tuple[int, int], side_px: int) -> tuple[int, int]:
    """`size` scaled down until its longer side is `side_px`; the shorter one keeps Kling's minimum.

    In whole numbers, with the shorter side rounded up: an image of exactly 2.5:1 must not get
    longer.
    """
    longer, shorter = max(size), min(size)
    if longer <= side_px:
        return size
    new_shorter = min(shorter, max(PICTURE_SIDE_MIN_PX, -(-shorter * side_px // longer)))
    new_longer = longer * new_shorter // shorter
    if new_shorter > PICTURE_SIDE_MIN_PX:
        new_longer = min(new_longer, side_px)
    return (new_longer, new_shorter) if size[0] == longer else (new_shorter, new_longer)


def resized(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The picture in another size, or itself."""
    if size == image.size:
        return image
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
