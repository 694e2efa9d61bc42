"""What a colour looks like in sRGB, by the published formulas and nothing of ours.

Matrices: CSS Color Module Level 4, "Sample code for color conversions". Curves: IEC 61966-2-1
(sRGB), ITU-R BT.1886.
"""

from collections.abc import Callable
from typing import NamedTuple

Rgb = tuple[int, int, int]
Rows = tuple[tuple[float, float, float], ...]

SRGB_TO_XYZ: Rows = (
    (0.4123908, 0.3575843, 0.1804808),
    (0.2126390, 0.7151687, 0.0721923),
    (0.0193308, 0.1191948, 0.9505322),
)
P3_TO_XYZ: Rows = (
    (0.4865709, 0.2656677, 0.1982173),
    (0.2289746, 0.6917385, 0.0792869),
    (0.0, 0.0451134, 1.0439444),
)
BT2020_TO_XYZ: Rows = (
    (0.6369580, 0.1446169, 0.1688810),
    (0.2627002, 0.6779981, 0.0593017),
    (0.0, 0.0280727, 1.0609851),
)
XYZ_TO_SRGB: Rows = (
    (3.2409699, -1.5373832, -0.4986108),
    (-0.9692436, 1.8759675, 0.0415551),
    (0.0556301, -0.2039770, 1.0569715),
)


class Space(NamedTuple):
    """A colour space: its primaries as a matrix to XYZ, and its curve from number to light."""

    to_xyz: Rows
    curve: Callable[[float], float]


def srgb_curve(number: float) -> float:
    if number <= 0.04045:
        return number / 12.92
    return float(((number + 0.055) / 1.055) ** 2.4)


def power(exponent: float) -> Callable[[float], float]:
    return lambda number: float(number**exponent)


SRGB = Space(SRGB_TO_XYZ, srgb_curve)
P3 = Space(P3_TO_XYZ, srgb_curve)
LINEAR = Space(SRGB_TO_XYZ, power(1.0))
P3_GAMMA = Space(P3_TO_XYZ, power(1.8))
BT2020_VIDEO = Space(BT2020_TO_XYZ, power(2.4))
BT2020_SRGB = Space(BT2020_TO_XYZ, srgb_curve)


def shown(colour: Rgb, space: Space, alpha: float = 1.0) -> Rgb:
    """The colour in sRGB, clipped, on white."""
    light = tuple(space.curve(number / 255) for number in colour)
    linear = _times(XYZ_TO_SRGB, _times(space.to_xyz, light))
    numbers = (255 * _srgb_number(min(1.0, max(0.0, value))) for value in linear)
    red, green, blue = (round(255 + alpha * (number - 255)) for number in numbers)
    return red, green, blue


def _srgb_number(light: float) -> float:
    return light * 12.92 if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055


def _times(rows: Rows, vector: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(sum(a * b for a, b in zip(row, vector, strict=True)) for row in rows)
