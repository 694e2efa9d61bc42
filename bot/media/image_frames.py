"""Which frame of an animation stands for it: the first that shows something."""

from collections.abc import Callable
from contextlib import suppress
from typing import Final

from PIL import Image

from bot.media.image_layers import shows_something

LOOKED_AT_MAX: Final = 60
"""Frames that are looked at; with `PIXELS_MAX`, what a long empty animation may cost."""
PIXELS_MAX: Final = 100_000_000  # of a larger picture, two frames do not fit into memory
_BROKEN: Final = (OSError, ValueError, SyntaxError, IndexError, Image.DecompressionBombError)


def frames_of(image: Image.Image) -> int:
    """How many frames it has; 1 where that cannot be told."""
    with suppress(*_BROKEN):
        return int(getattr(image, "n_frames", 1))
    return 1


def first_shown(
    image: Image.Image, again: Callable[[], Image.Image], first: int, frames: int
) -> tuple[Image.Image, int]:
    """The first of `frames` from number `first` on that is not blank, loaded, and its number.

    If all are, or the next one cannot be read, that is `first` itself. `again` opens the file anew.
    """
    affordable = PIXELS_MAX // (image.width * image.height)
    last = max(first, min(frames, first + LOOKED_AT_MAX, first + affordable) - 1)
    _load(image, first)
    if last == first:
        return image, first
    with suppress(*_BROKEN):  # the rest of the animation may be broken; its beginning was read
        for number in range(first, last + 1):
            if number > first:
                _load(image, number)
            if shows_something(image):
                return image, number
    # Only a PNG is opened anew: two decoders of the largest WebP would not fit into memory. But on
    # the way back Pillow loses the palette of a PNG.
    beginning = again() if image.format == "PNG" else image
    _load(beginning, first)
    return beginning, first


def _load(image: Image.Image, number: int) -> None:
    image.seek(number)
    image.load()
