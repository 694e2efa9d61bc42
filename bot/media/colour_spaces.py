"""What light the numbers of a picture stand for: primaries and curves, as files name them."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

Curve = Callable[[float], float]
"""Light between 0 and 1 for a number between 0 and 1."""
Light = tuple[float, float, float]
"""Linear red, green and blue, or CIE X, Y and Z."""
Matrix = tuple[Light, ...]


class Primaries(NamedTuple):
    """White and the three primaries, each as x and y of CIE 1931."""

    white: tuple[float, float]
    red: tuple[float, float]
    green: tuple[float, float]
    blue: tuple[float, float]


@dataclass(frozen=True, slots=True)
class CodePoints:
    """Colours named by the numbers of ITU-T H.273 (AVIF and HEIC `nclx`, PNG `cICP`).

    `peak_nits` is the brightest light that the file says an HDR picture has; 0: it does not say.
    """

    primaries: int
    transfer: int
    peak_nits: float = 0.0


@dataclass(frozen=True, slots=True)
class Gamma:
    """Colours as PNG's `gAMA` and `cHRM` describe them: light = number ** exponent."""

    exponent: float
    primaries: Primaries


Colour = bytes | CodePoints | Gamma | None
"""How a file describes its colours: an ICC profile, code points, a gamma; None means sRGB."""

D50: Final = (0.9642, 1.0, 0.8249)  # the white of ICC profiles, as they write it
D65: Final = (0.3127, 0.3290)
_C: Final = (0.310, 0.316)

SRGB: Final = Primaries(D65, (0.64, 0.33), (0.30, 0.60), (0.15, 0.06))
BT2020: Final = Primaries(D65, (0.708, 0.292), (0.170, 0.797), (0.131, 0.046))
_NTSC: Final = Primaries(D65, (0.630, 0.340), (0.310, 0.595), (0.155, 0.070))
_P3: Final = ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060))

# ITU-T H.273, tables 2 and 3. What is not in them is shown as sRGB, as Chromium does.
_PRIMARIES: Final = {
    4: Primaries(_C, (0.67, 0.33), (0.21, 0.71), (0.14, 0.08)),
    5: Primaries(D65, (0.64, 0.33), (0.29, 0.60), (0.15, 0.06)),
    6: _NTSC,
    7: _NTSC,
    8: Primaries(_C, (0.681, 0.319), (0.243, 0.692), (0.145, 0.049)),
    9: BT2020,
    10: Primaries((1 / 3, 1 / 3), (1.0, 0.0), (0.0, 1.0), (0.0, 0.0)),
    11: Primaries((0.314, 0.351), *_P3),
    12: Primaries(D65, *_P3),
    22: Primaries(D65, (0.630, 0.340), (0.295, 0.605), (0.155, 0.077)),
}
PQ: Final = 16
HLG: Final = 18
VIDEO_TRANSFERS: Final = frozenset({1, 6, 11, 14, 15})
"""BT.709, BT.601, xvYCC and both of BT.2020, which all mean a screen after BT.1886."""
UNSPECIFIED: Final = frozenset({0, 2, 3})


def primaries_of(code: int) -> Primaries:
    """The primaries of a code point of H.273."""
    return _PRIMARIES.get(code, SRGB)


def curve_of(code: int) -> Curve:
    """The curve of a code point of H.273 that is neither PQ nor HLG."""
    return _CURVES.get(code, srgb_light)


def power(exponent: float) -> Curve:
    """Light = number ** exponent."""
    return lambda number: math.pow(number, exponent)


def srgb_light(number: float) -> float:
    """The curve of sRGB, IEC 61966-2-1."""
    return number / 12.92 if number <= 0.04045 else math.pow((number + 0.055) / 1.055, 2.4)  # noqa: PLR2004


def _smpte240(number: float) -> float:
    return number / 4 if number < 0.0913 else math.pow((number + 0.1115) / 1.1115, 1 / 0.45)  # noqa: PLR2004


def _smpte428(number: float) -> float:
    return min(1.0, 52.37 / 48 * math.pow(number, 2.6))


_BT1886: Final = power(2.4)
_CURVES: Final[dict[int, Curve]] = {
    **dict.fromkeys(VIDEO_TRANSFERS, _BT1886),
    4: power(2.2),
    5: power(2.8),
    7: _smpte240,
    8: power(1.0),
    17: _smpte428,
}


def to_xyz(primaries: Primaries) -> Matrix:
    """The matrix from linear RGB to CIE XYZ in which white has Y = 1; ValueError if none exists."""
    columns = [_xyz(xy) for xy in primaries[1:]]
    corners = _transposed(columns)
    scale = apply(inverse(corners), _white(primaries.white))
    return tuple(
        (row[0] * scale[0], row[1] * scale[1], row[2] * scale[2])
        for row in (tuple(corner) for corner in corners)
    )


def adapted(xyz: Matrix, white: Light) -> Matrix:
    """The same matrix with its white moved to `white`, by Bradford's method as ICC asks."""
    source = apply(xyz, (1.0, 1.0, 1.0))
    wanted, given = apply(_BRADFORD, white), apply(_BRADFORD, source)
    scaled = tuple(
        (row[0] * want / have, row[1] * want / have, row[2] * want / have)
        for row, want, have in zip(_BRADFORD, wanted, given, strict=True)
    )
    return product(product(inverse(_BRADFORD), scaled), xyz)


def between(source: Primaries, target: Primaries) -> Matrix:
    """The matrix from linear RGB of `source` to linear RGB of `target`, white to white."""
    white = apply(to_xyz(target), (1.0, 1.0, 1.0))
    return product(inverse(to_xyz(target)), adapted(to_xyz(source), white))


_BRADFORD: Final[Matrix] = (
    (0.8951, 0.2664, -0.1614),
    (-0.7502, 1.7135, 0.0367),
    (0.0389, -0.0685, 1.0296),
)


def apply(matrix: Matrix, vector: tuple[float, ...]) -> Light:
    """The matrix times a vector of three."""
    x, y, z = vector
    first, second, third = (a * x + b * y + c * z for a, b, c in matrix)
    return first, second, third


def product(left: Matrix, right: Matrix) -> Matrix:
    """The product of two matrices."""
    return _transposed([apply(left, column) for column in _transposed(right)])


def inverse(matrix: Matrix) -> Matrix:
    """The inverse; ValueError if there is none."""
    a, b, c = matrix
    cofactors = (_cross(b, c), _cross(c, a), _cross(a, b))
    determinant = sum(x * y for x, y in zip(a, cofactors[0], strict=True))
    if not determinant:
        raise ValueError("no inverse")
    return _transposed(
        [(x / determinant, y / determinant, z / determinant) for x, y, z in cofactors]
    )


def _cross(a: Light, b: Light) -> Light:
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


def _transposed(rows: Matrix | list[Light]) -> Matrix:
    first, second, third = zip(*rows, strict=True)
    return (first, second, third)


def _xyz(xy: tuple[float, float]) -> Light:
    x, y = xy
    return x, y, 1 - x - y


def _white(xy: tuple[float, float]) -> Light:
    x, y = xy
    if not y:
        raise ValueError("no white")
    return x / y, 1.0, (1 - x - y) / y
