"""The ribbon: a woven strip at the lower edge whose cells encode the prompt's digest.

It looks like an ornament and survives H.264 and scaling, because every cell is large and only light
against dark counts. The pixels alone tell which prompt they were made from.
"""

import hashlib
import io
from collections.abc import Iterator

from PIL import Image, ImageDraw

MARK_BYTES = 6
COLUMNS = 24
ROWS = 2
RIBBON_SHARE = 1 / 30  # of the shorter side
LIGHT_FROM = 100  # of 255
BITS = MARK_BYTES * 8
DARK_TONES = ("#12151f", "#1b2233", "#231a33", "#10262b")
LIGHT_TONES = ("#d2a873", "#c497a4", "#9bbcd1", "#a9c49b")


def mark_of(prompt: str) -> bytes:
    """Return the mark of a prompt: the first six bytes of its SHA-256."""
    return hashlib.sha256(prompt.encode()).digest()[:MARK_BYTES]


def ribbon_height(size: tuple[int, int]) -> int:
    """Return the height in pixels of the ribbon at the lower edge of a picture of `size`."""
    return max(ROWS, round(min(size) * RIBBON_SHARE))


def draw_mark(image: Image.Image, prompt: str) -> None:
    """Draw the ribbon of `prompt` onto an RGB picture or an RGBA overlay."""
    draw = ImageDraw.Draw(image)
    mark = int.from_bytes(mark_of(prompt))
    for index, (left, top, right, bottom) in enumerate(_cells(image.size)):
        is_light = mark >> (BITS - 1 - index) & 1
        tones = LIGHT_TONES if is_light else DARK_TONES
        draw.rectangle((left, top, right - 1, bottom - 1), fill=tones[index * 7 % len(tones)])


def read_mark(image: bytes | Image.Image) -> bytes:
    """Return the mark in a picture or a frame, whatever it was scaled to since."""
    if isinstance(image, bytes):
        with Image.open(io.BytesIO(image)) as opened:
            grey = opened.convert("L")
    else:
        grey = image.convert("L")
    mark = 0
    for left, top, right, bottom in _cells(grey.size):
        across, down = (right - left) / 4, (bottom - top) / 4
        heart = (left + across, top + down, right - across, bottom - down)
        tone = grey.resize((1, 1), Image.Resampling.BOX, box=heart).tobytes()[0]
        mark = mark << 1 | (tone >= LIGHT_FROM)
    return mark.to_bytes(MARK_BYTES)


def _cells(size: tuple[int, int]) -> Iterator[tuple[int, int, int, int]]:
    width, height = size
    top = height - ribbon_height(size)
    for row in range(ROWS):
        upper = top + (height - top) * row // ROWS
        lower = top + (height - top) * (row + 1) // ROWS
        for column in range(COLUMNS):
            yield width * column // COLUMNS, upper, width * (column + 1) // COLUMNS, lower
