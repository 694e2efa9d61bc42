"""ICC profiles as bytes: written for primaries and a curve, and read for code points in them.

The layout is that of ICC.1:2022, "Profile header" and "Tag table".
"""

import struct
from collections.abc import Sequence
from typing import Final

from bot.media.colour_spaces import (
    D50,
    SRGB,
    CodePoints,
    Curve,
    Light,
    Primaries,
    adapted,
    apply,
    to_xyz,
)

CURVE_POINTS: Final = 4096
_U16: Final = 0xFFFF
_XYZ_ONE: Final = 0x8000
_IDENTITY: Final = (0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x10000)
_HEADER_BYTES: Final = 128
_TAG: Final = struct.Struct("!4sII")
_TAGS_MAX: Final = 200
_VERSION_2_4: Final = 0x02400000
_RELATIVE_COLORIMETRIC: Final = 1


def matrix_profile(primaries: Primaries, curve: Curve) -> bytes:
    """A profile for light through a curve; raises ValueError for primaries without a triangle."""
    red, green, blue = zip(*adapted(to_xyz(primaries), D50), strict=True)
    light = _curve(curve)
    return _profile(
        {
            b"wtpt": _xyz(D50),
            b"rXYZ": _xyz(red),
            b"gXYZ": _xyz(green),
            b"bXYZ": _xyz(blue),
            b"rTRC": light,
            b"gTRC": light,
            b"bTRC": light,
        }
    )


def table_profile(side: int, light: Sequence[Light]) -> bytes:
    """A profile that looks colours up in a cube of linear sRGB up to 1; below 0 is outside sRGB.

    `light` has side ** 3 entries; blue changes fastest, as in the format's own table.
    """
    matrix = adapted(to_xyz(SRGB), D50)
    xyz = [value for one in light for value in apply(matrix, one)]
    cells = [min(_U16, max(0, round(_XYZ_ONE * value))) for value in xyz]
    straight = struct.pack("!6H", *(0, _U16) * 3)
    head = struct.pack("!4s4x4B9iHH", b"mft2", 3, 3, side, 0, *_IDENTITY, 2, 2)
    table = head + straight + struct.pack(f"!{len(cells)}H", *cells) + straight
    return _profile({b"wtpt": _xyz(D50), b"A2B0": table})


def code_points(profile: bytes) -> CodePoints | None:
    """The code points that a profile of ICC 4.4 carries beside its tables, if it does."""
    if len(profile) < _HEADER_BYTES + 4:
        return None
    count = min(int.from_bytes(profile[_HEADER_BYTES : _HEADER_BYTES + 4], "big"), _TAGS_MAX)
    for index in range(count):
        at = _HEADER_BYTES + 4 + index * _TAG.size
        if len(profile) < at + _TAG.size:
            return None
        name, offset, _ = _TAG.unpack_from(profile, at)
        if name == b"cicp":
            content = profile[offset : offset + 12]
            usable = content[:4] == b"cicp" and len(content) == 12  # noqa: PLR2004 - its fixed size
            return CodePoints(content[8], content[9]) if usable else None
    return None


def _profile(tags: dict[bytes, bytes]) -> bytes:
    table, body = struct.pack("!I", len(tags)), b""
    start = _HEADER_BYTES + len(table) + _TAG.size * len(tags)
    for name, content in tags.items():
        table += _TAG.pack(name, start + len(body), len(content))
        body += content + bytes(-len(content) % 4)
    header = struct.pack(
        "!I4xI4s4s4s6H4s4x4x4x4x8xI",
        start + len(body),
        _VERSION_2_4,
        b"mntr",
        b"RGB ",
        b"XYZ ",
        *(2026, 1, 1, 0, 0, 0),
        b"acsp",
        _RELATIVE_COLORIMETRIC,
    )
    return (header + _numbers(D50)).ljust(_HEADER_BYTES, b"\0") + table + body


def _numbers(values: tuple[float, ...]) -> bytes:
    try:
        return b"".join(struct.pack("!i", round(value * 65536)) for value in values)
    except struct.error as error:
        raise ValueError("a number that ICC cannot write") from error


def _xyz(values: tuple[float, ...]) -> bytes:
    return b"XYZ \0\0\0\0" + _numbers(values)


def _curve(curve: Curve) -> bytes:
    last = CURVE_POINTS - 1
    points = [round(65535 * min(1.0, max(0.0, curve(at / last)))) for at in range(CURVE_POINTS)]
    return struct.pack(f"!4s4xI{CURVE_POINTS}H", b"curv", CURVE_POINTS, *points)
