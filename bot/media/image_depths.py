"""Brings samples of every depth to bytes, and colour keys to transparency."""

import math
from typing import Final

from PIL import Image, ImageChops

from bot.errors import MediaRefused

_WHITE_IS_ZERO: Final = 0
_PHOTOMETRIC: Final = 262  # the TIFF tag


def eight_bits(image: Image.Image) -> Image.Image:
    """A picture whose samples are bytes, not palette indices."""
    if image.mode in {"P", "PA", "1"}:
        return image.convert("RGBA" if image.has_transparency_data else "RGB")
    if image.mode.startswith("I;16"):
        wide = image.convert("I")
        scaled = wide.point(lambda sample: sample * (1 / 256)).convert("L")
    elif image.mode in {"I", "F"}:
        scaled = _stretched(image)
    else:
        return image
    # Pillow turns grey of 8 and fewer bits round by itself, and no deeper.
    tags = getattr(image, "tag_v2", {})
    return ImageChops.invert(scaled) if tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO else scaled


def keyed(
    image: Image.Image, key: tuple[int, ...], depth: int, low_match: Image.Image | None
) -> Image.Image:
    """The PNG with its colour key, in the file's own numbers, as an alpha channel.

    Colours of 16 bits are loaded by their high bytes; `low_match` then says for the low ones where
    they match (`low_matching`).
    """
    if image.mode.startswith("I"):
        equal = [255 * (sample == key[0]) for sample in range(1 << 16)]
        mask = image.convert("I").point(equal, "L")
        visible = eight_bits(image)
    else:
        visible = image.convert("L") if image.mode == "1" else image
        scale = {1: 255, 2: 85, 4: 17}.get(depth, 1)
        high = [part * scale if low_match is None else part >> 8 for part in key]
        mask = _all_equal(visible, high)
        if low_match is not None:
            mask = ImageChops.darker(mask, low_match)
    visible.putalpha(ImageChops.invert(mask))
    return visible


def low_matching(low_bytes: Image.Image, key: tuple[int, ...]) -> Image.Image:
    """White where the low bytes of colours of 16 bits are those of the key."""
    return _all_equal(low_bytes, [part & 0xFF for part in key])


def _all_equal(image: Image.Image, wanted: list[int]) -> Image.Image:
    """White where every band has its wanted number, black elsewhere."""
    mask = Image.new("L", image.size, 255)
    for index, number in enumerate(wanted):
        equal = [255 * (sample == number) for sample in range(256)]
        mask = ImageChops.darker(mask, image.getchannel(index).point(equal))
    return mask


def _stretched(image: Image.Image) -> Image.Image:
    """Samples without a natural limit, from the least to the greatest that the picture has."""
    low, high = (float(value) for value in image.getextrema())  # type: ignore[arg-type] # one band
    if not (math.isfinite(low) and math.isfinite(high)):
        raise MediaRefused("picture_unreadable")
    scale = 255 / ((high - low) or 1)
    return image.point(lambda sample: sample * scale - low * scale).convert("L")
