"""Pictures for bright screens (PQ, HLG), as a screen without extra brightness shows them."""

import math
from collections.abc import Callable
from typing import Final

from bot.media.colour_spaces import (
    BT2020,
    HLG,
    SRGB,
    CodePoints,
    Light,
    apply,
    between,
    primaries_of,
)

TABLE_SIDE: Final = 33
"""Points on each edge of the table; between them colours are interpolated."""
WHITE_NITS: Final = 203.0  # ITU-R BT.2408: the white of paper in an HDR picture
PEAK_NITS: Final = 1000.0  # what the picture is taken to use at most

_HLG_GAMMA: Final = 1.2  # ITU-R BT.2100, for a screen of 1000 nits
_LUMA: Final = (0.2627, 0.6780, 0.0593)
_BEND: Final = 0.65
_KNEE: Final = 1.0


def toned(colour: CodePoints, steps: int = TABLE_SIDE, peak_nits: float = PEAK_NITS) -> list[Light]:
    """What is shown, as linear sRGB, for a cube of `steps` numbers of each primary.

    The numbers of blue follow each other, those of red are furthest apart. Nothing in the picture
    is brighter than `peak_nits`. At most 1, and below 0 for colours that sRGB does not have: cut
    off at 0 here, those between two such points would be too pale.
    """
    to_wide = between(primaries_of(colour.primaries), BT2020)
    to_srgb = between(BT2020, SRGB)
    is_hlg = colour.transfer == HLG
    curve = _hlg_light if is_hlg else _pq_light
    lights = [curve(at / (steps - 1)) for at in range(steps)]
    gain = _gain(peak_nits / WHITE_NITS)

    def shown(source: Light) -> Light:
        wide = apply(to_wide, _on_screen(source) if is_hlg else source)
        scale = gain(max(wide))
        red, green, blue = apply(to_srgb, wide)
        return min(1.0, scale * red), min(1.0, scale * green), min(1.0, scale * blue)

    return [shown((red, green, blue)) for red in lights for green in lights for blue in lights]


def _pq_light(number: float) -> float:
    """Light in units of white; SMPTE ST 2084."""
    root = math.pow(number, 32 / 2523)
    base = max(0.0, root - 107 / 128) / (2413 / 128 - 2392 / 128 * root)
    return 10_000 / WHITE_NITS * math.pow(base, 8192 / 1305)


def _hlg_light(number: float) -> float:
    """Light of the scene, 1 at its brightest; ITU-R BT.2100."""
    if number <= 0.5:  # noqa: PLR2004 - the formula's
        return number * number / 3
    return (math.exp((number - 0.55991073) / 0.17883277) + 0.28466892) / 12


def _on_screen(scene: Light) -> Light:
    luma = sum(weight * value for weight, value in zip(_LUMA, scene, strict=True))
    scale = PEAK_NITS / WHITE_NITS * luma ** (_HLG_GAMMA - 1) if luma > 0 else 0.0
    return scene[0] * scale, scene[1] * scale, scene[2] * scale


def _gain(highest: float) -> Callable[[float], float]:
    """What a colour is multiplied with, by its brightest part; `highest` is the most there is.

    SMPTE ST 2094-50, the tone mapping of a picture without instructions ("reference white"), for a
    screen that shows nothing brighter than white: up to the knee everything is made darker, by half
    if there is as much light above it as usual, then a quadratic Bezier curve leads from the knee
    to the brightest light.
    """
    usual = math.log2(PEAK_NITS / WHITE_NITS)
    knee = 1 - 0.5 * min(1.0, math.log2(max(1.0, highest)) / usual)
    control = (1 - _BEND) * _KNEE + _BEND * _KNEE / knee, (1 - _BEND) * knee + _BEND
    a, b = _KNEE - 2 * control[0] + highest, 2 * (control[0] - _KNEE)

    def gain(brightest: float) -> float:
        if brightest <= _KNEE:
            return knee / _KNEE
        if brightest >= highest:
            return 1 / brightest
        t = (math.sqrt(b * b + 4 * a * (brightest - _KNEE)) - b) / (2 * a)
        return ((1 - t) ** 2 * knee + 2 * t * (1 - t) * control[1] + t * t) / brightest

    return gain
