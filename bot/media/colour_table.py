"""What a plain screen shows for a film's numbers, as a table that FFmpeg takes from memory. Pure.

For brighter light (PQ, HLG) and wider colours than a plain screen has.
"""

import math
import sys
from array import array
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from bot.media.colour_spaces import (
    HLG,
    PQ,
    SRGB,
    UNSPECIFIED,
    CodePoints,
    Light,
    apply,
    between,
    primaries_of,
    srgb_light,
)
from bot.media.tone_mapping import PEAK_NITS, WHITE_NITS, toned

LEVEL: Final = 6
STEPS: Final = LEVEL**2
SIDE_PX: Final = LEVEL**3
"""The table as a picture for `haldclut`: 36 steps of each colour, red the fastest."""
FULL: Final = 0xFFFF
PEAK_MAX_NITS: Final = 10_000.0  # PQ ends there

_WIDE: Final = frozenset({9, 11, 12})  # BT.2020 and both of P3; others differ too little to be seen
_BT2020: Final = 9


@dataclass(frozen=True, slots=True)
class Film:
    """How its numbers stand for light, in code points of H.273, and the brightest nits."""

    transfer: int
    primaries: int
    peak_nits: float = PEAK_NITS

    @property
    def is_bright(self) -> bool:
        """Whether it is made for brighter screens."""
        return self.transfer in {PQ, HLG}

    @property
    def is_plain(self) -> bool:
        """Whether a plain screen shows the numbers as they are."""
        return not self.is_bright and self.primaries not in _WIDE


@lru_cache(maxsize=2)  # half a second's work, and a clip is encoded several times
def table(film: Film) -> bytes:
    """`SIDE_PX` rows of as many pixels, three numbers of 16 bits each: what to show in sRGB.

    Little-endian, up to `FULL`.
    """
    shown = _bright(film) if film.is_bright else _plain(film)
    numbers = array("H")
    for blue in range(STEPS):
        for green in range(STEPS):
            for red in range(STEPS):
                light = shown[(red * STEPS + green) * STEPS + blue]
                numbers.extend(round(FULL * _number(part)) for part in light)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes()


def _bright(film: Film) -> list[Light]:
    primaries = _BT2020 if film.primaries in UNSPECIFIED else film.primaries
    peak_nits = min(max(film.peak_nits, WHITE_NITS), PEAK_MAX_NITS)
    return toned(CodePoints(primaries, film.transfer), STEPS, peak_nits)


def _plain(film: Film) -> list[Light]:
    """Players take every curve of such a film for that of sRGB."""
    matrix = between(primaries_of(film.primaries), SRGB)
    lights = [srgb_light(at / (STEPS - 1)) for at in range(STEPS)]
    return [apply(matrix, (r, g, b)) for r in lights for g in lights for b in lights]


def _number(light: float) -> float:
    """IEC 61966-2-1, the other way round."""
    light = min(max(light, 0.0), 1.0)
    return light * 12.92 if light <= 0.0031308 else 1.055 * math.pow(light, 1 / 2.4) - 0.055  # noqa: PLR2004 - its foot
