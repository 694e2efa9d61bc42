"""Pictures for bright screens (PQ, HLG), as a screen without extra brightness shows them."""

import math
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

# SMPTE ST 2094-50, the tone mapping of a picture without instructions ("reference white"), for a
# screen that shows nothing brighter than white: up to the knee everything is halved, then a
# quadratic Bezier curve leads from the knee to the brightest light.
_BEND: Final = 0.65
_HIGHEST: Final = PEAK_NITS / WHITE_NITS
_KNEE: Final = (1.0, 0.5)
_CONTROL: Final = (
    (1 - _BEND) * _KNEE[0] + _BEND * _KNEE[0] / _KNEE[1],
    (1 - _BEND) * _KNEE[1] + _BEND,
)
_HLG_GAMMA: Final = 1.2  # ITU-R BT.2100, for a screen of 1000 nits
_LUMA: Final = (0.2627, 0.6780, 0.0593)


def toned(colour: CodePoints) -> list[Light]:
    """What is shown, as linear sRGB, for a cube of `TABLE_SIDE` numbers of each primary."""
    to_wide = between(primaries_of(colour.primaries), BT2020)
    to_srgb = between(BT2020, SRGB)
    is_hlg = colour.transfer == HLG
    curve = _hlg_light if is_hlg else _pq_light
    lights = [curve(at / (TABLE_SIDE - 1)) for at in range(TABLE_SIDE)]

    def shown(source: Light) -> Light:
        wide = apply(to_wide, _on_screen(source) if is_hlg else source)
        gain = _gain(max(wide))
        red, green, blue = apply(to_srgb, wide)
        return _within(gain * red), _within(gain * green), _within(gain * blue)

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


def _within(light: float) -> float:
    return min(1.0, max(0.0, light))


def _on_screen(scene: Light) -> Light:
    luma = sum(weight * value for weight, value in zip(_LUMA, scene, strict=True))
    scale = _HIGHEST * luma ** (_HLG_GAMMA - 1) if luma > 0 else 0.0
    return scene[0] * scale, scene[1] * scale, scene[2] * scale


def _gain(brightest: float) -> float:
    """What a colour is multiplied with whose brightest part is `brightest`."""
    if brightest <= _KNEE[0]:
        return _KNEE[1] / _KNEE[0]
    if brightest >= _HIGHEST:
        return 1 / brightest
    a = _KNEE[0] - 2 * _CONTROL[0] + _HIGHEST
    b = 2 * (_CONTROL[0] - _KNEE[0])
    t = (math.sqrt(b * b + 4 * a * (brightest - _KNEE[0])) - b) / (2 * a)
    shown = (1 - t) ** 2 * _KNEE[1] + 2 * t * (1 - t) * _CONTROL[1] + t * t
    return shown / brightest
