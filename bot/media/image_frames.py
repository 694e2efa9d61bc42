"""Which frame of an animation stands for it: the first that shows something."""

from collections.abc import Callable
from contextlib import suppress
from typing import Final

from PIL import Image

from bot.media.image_layers import shows_something

LOOKED_AT_MAX: Final = 60
"""Frames that are looked at; with `PIXELS_MAX`, what a long empty animation may cost."""
PIXELS_MAX: Final = 200_000_000
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

    If all are, or the next one cannot be read, that is `first` itself. `again` opens the same
    file: decoders are only ever moved forwards, since some lose their palette on the way back.
    """
    image.seek(first)
    image.load()
    if shows_something(image):
        return image, first
    last = min(
        frames - 1, first + LOOKED_AT_MAX, first + PIXELS_MAX // (image.width * image.height)
    )
    with suppress(*_BROKEN):  # the rest of the animation may be broken; its beginning was read
        other = again()
        for number in range(first + 1, last + 1):
            other.seek(number)
            other.load()
            if shows_something(other):
                return other, number
    return image, first
