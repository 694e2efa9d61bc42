"""Drawn people: flat portraits that can blink, sway and talk."""

import math
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageDraw

from sandbox.kling.painting import Dice

SUPERSAMPLING = 2
SKINS: Final = ("#f3c9a5", "#e0a67e", "#b97a56", "#8a5a3c", "#f7d7bd", "#6b4330")
HAIRS: Final = ("#2b1d16", "#5a3825", "#a8672f", "#d9b36c", "#1d2233", "#7a2e2e")
SHIRTS: Final = ("#2f6f8f", "#c8553d", "#5b7f4f", "#6a4c93", "#e0a030", "#22577a")
WALLS: Final = ("#f2e3d0", "#d7e6ea", "#e6dcef", "#dfe9d3", "#f3d9d4", "#d9dde8")
INK: Final = "#2a1c1c"
BLUSH: Final = "#d8605a"
LONG_HAIR_IN = 2  # one person in so many
GLASSES_IN = 3
IRIS_FROM = 0.3  # how open eyes must be to show the iris
SPEAKS_FROM = 0.12  # how open a mouth must be not to smile


@dataclass(frozen=True)
class Person:
    """How somebody looks."""

    skin: str
    hair: str
    shirt: str
    wall: str
    long_hair: bool
    glasses: bool


def person(seed: str, index: int = 0) -> Person:
    """Return the person of a seed; neighbours in a group (`index`) do not look alike."""
    dice = Dice(f"person {seed}")
    skin, hair, shirt, wall = (
        row[(int(dice.roll() * len(row)) + index) % len(row)]
        for row in (SKINS, HAIRS, SHIRTS, WALLS)
    )
    long_hair, glasses = (int(dice.roll() * one_in) for one_in in (LONG_HAIR_IN, GLASSES_IN))
    return Person(
        skin,
        hair,
        shirt,
        wall,
        long_hair=(index + long_hair) % LONG_HAIR_IN == 0,
        glasses=(index + glasses) % GLASSES_IN == 0,
    )


def bust(who: Person, side: int, *, open_eyes: float = 1.0, open_mouth: float = 0.0) -> Image.Image:
    """Return head and shoulders as RGBA on nothing, `side` pixels square; openings are 0 to 1."""
    big = side * SUPERSAMPLING
    tile = Image.new("RGBA", (big, big), (0, 0, 0, 0))
    pen = _Pen(ImageDraw.Draw(tile), big)
    if who.long_hair:
        pen.oval(0.5, 0.5, 0.27, 0.36, who.hair)
    pen.oval(0.5, 1.06, 0.42, 0.3, who.shirt)
    pen.box(0.43, 0.62, 0.57, 0.82, _shade(who.skin, 0.86))
    pen.oval(0.5, 0.8, 0.1, 0.05, who.skin)
    for x in (0.295, 0.705):
        pen.oval(x, 0.47, 0.035, 0.055, _shade(who.skin, 0.92))
    pen.oval(0.5, 0.3, 0.235, 0.2, who.hair)
    pen.oval(0.5, 0.46, 0.205, 0.255, who.skin)
    pen.chord(0.5, 0.33, 0.215, 0.15, who.hair)
    _features(pen, who, open_eyes, open_mouth)
    return tile.resize((side, side), Image.Resampling.BOX)


def _features(pen: "_Pen", who: Person, open_eyes: float, open_mouth: float) -> None:
    for x in (0.415, 0.585):
        if open_eyes <= IRIS_FROM:
            pen.arc(x, 0.445, 0.042, 0.022, 20, 160, INK)
        else:
            pen.oval(x, 0.455, 0.042, 0.03 * open_eyes, "#fffdf8")
            pen.oval(x, 0.457, 0.019, 0.021, INK)
            pen.oval(x + 0.007, 0.449, 0.006, 0.006, "#ffffff")
        pen.arc(x, 0.412, 0.05, 0.025, 200, 340, who.hair)
        pen.oval(x + math.copysign(0.045, x - 0.5), 0.545, 0.038, 0.024, _blushed(who.skin))
        if who.glasses:
            pen.arc(x, 0.457, 0.066, 0.056, 0, 360, INK)
    pen.arc(0.5, 0.525, 0.024, 0.02, 20, 160, _shade(who.skin, 0.72))
    if open_mouth > SPEAKS_FROM:
        pen.oval(0.5, 0.615, 0.058 - 0.012 * open_mouth, 0.012 + 0.034 * open_mouth, "#6d1f2a")
        pen.oval(0.5, 0.632, 0.028, 0.008 + 0.012 * open_mouth, "#d8696f")
    else:
        pen.arc(0.5, 0.59, 0.07, 0.036, 25, 155, "#9c3b43")


def _shade(colour: str, share: float) -> str:
    parts = (round(int(colour[i : i + 2], 16) * share) for i in (1, 3, 5))
    return "#" + "".join(f"{part:02x}" for part in parts)


def _blushed(skin: str) -> str:
    pairs = ((int(skin[i : i + 2], 16), int(BLUSH[i : i + 2], 16)) for i in (1, 3, 5))
    return "#" + "".join(f"{round(a * 0.8 + b * 0.2):02x}" for a, b in pairs)


class _Pen:
    """Draws in shares of the tile's side; ovals are given by centre and half axes."""

    def __init__(self, draw: ImageDraw.ImageDraw, side: int) -> None:
        self._draw = draw
        self._side = side

    def _bounds(self, x: float, y: float, across: float, down: float) -> tuple[float, ...]:
        shares = (x - across, y - down, x + across, y + down)
        return tuple(share * self._side for share in shares)

    def oval(self, x: float, y: float, across: float, down: float, fill: str) -> None:
        self._draw.ellipse(self._bounds(x, y, across, down), fill=fill)

    def chord(self, x: float, y: float, across: float, down: float, fill: str) -> None:
        self._draw.chord(self._bounds(x, y, across, down), 180, 360, fill=fill)

    def arc(
        self, x: float, y: float, across: float, down: float, start: float, end: float, fill: str
    ) -> None:
        width = max(1, round(self._side * 0.011))
        self._draw.arc(self._bounds(x, y, across, down), start, end, fill=fill, width=width)

    def box(self, left: float, top: float, right: float, bottom: float, fill: str) -> None:
        shares = (left, top, right, bottom)
        self._draw.rectangle([share * self._side for share in shares], fill=fill)
