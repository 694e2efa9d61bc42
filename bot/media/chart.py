"""Draws units by day and by member, in the media worker.

On a ground of its own, so that it can be read in a light theme and in a dark one. Numbers stand at
the bars; only the names of the packs are words, and they stand in every language as they are.
"""

import io
import math
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from bot.media.products import Bar, Panel

WIDTH_PX: Final = 760
PANEL_PX: Final = 190
MARGIN_PX: Final = 18
HEADER_PX: Final = 34
FOOT_PX: Final = 22
GAP_PX: Final = 3
"""Between two numbers; one that has no room is left out, because the text says all of them."""
DAYS_SHARE: Final = 0.66
"""The part of the width that the days have; the rest is the members'."""
GROUND: Final = "#20222b"
LINE: Final = "#565a6b"
TEXT: Final = "#f1f2f6"
FAINT: Final = "#b9bdcb"
BARS: Final = ("#8b97ff", "#4fd69c")
"""One for each panel: at least 6:1 against the ground."""
TITLE_SIZE: Final = 17
NUMBER_SIZE: Final = 12


def draw_chart(panels: tuple[Panel, ...]) -> bytes:
    """Return the panels below each other, as PNG."""
    image = Image.new("RGB", (WIDTH_PX, MARGIN_PX + PANEL_PX * len(panels)), GROUND)
    draw = ImageDraw.Draw(image)
    for number, panel in enumerate(panels):
        top = MARGIN_PX + number * PANEL_PX
        colour = BARS[number % len(BARS)]
        draw.text((MARGIN_PX, top - 4), panel.title, TEXT, _font(TITLE_SIZE))
        right = WIDTH_PX - MARGIN_PX
        split = int(WIDTH_PX * DAYS_SHARE) if panel.members else right
        _bars(draw, panel.days, (MARGIN_PX, top, split - MARGIN_PX * bool(panel.members)), colour)
        if panel.members:
            _bars(draw, panel.members, (split + MARGIN_PX, top, right), colour)
    data = io.BytesIO()
    image.save(data, "PNG", optimize=True)
    return data.getvalue()


def _bars(
    draw: ImageDraw.ImageDraw, bars: tuple[Bar, ...], where: tuple[int, int, int], colour: str
) -> None:
    left, top, right = where
    bottom = top + PANEL_PX - MARGIN_PX - FOOT_PX
    room = bottom - top - HEADER_PX
    highest = max((bar.height for bar in bars), default=0) or 1
    step = (right - left) / max(1, len(bars))
    font = _font(NUMBER_SIZE)
    draw.line((left, bottom, right, bottom), LINE)
    widest = max((draw.textlength(bar.label, font) for bar in bars), default=0.0)
    every = math.ceil((widest + GAP_PX) / step)
    numbers_from = float(left)
    for place, bar in enumerate(bars):
        middle = left + step * (place + 0.5)
        half = max(1.0, min(step * 0.36, 22.0))
        height = round(room * bar.height / highest)
        if height:
            draw.rectangle((middle - half, bottom - height, middle + half, bottom - 1), colour)
        if place % every == 0:
            draw.text((middle, bottom + 4), bar.label, FAINT, font, anchor="ma")
        half = draw.textlength(bar.number, font) / 2
        if bar.height and middle - half >= numbers_from:
            draw.text((middle, bottom - height - 3), bar.number, TEXT, font, anchor="ms")
            numbers_from = middle + half + GAP_PX


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
