"""Tells a camera's raw photograph from a TIFF, which it is built like.

A decoder of TIFF finds only its small preview, or nothing. Pure.
"""

import struct
from contextlib import suppress
from typing import Final

_ORDERS: Final = {b"II": "<", b"MM": ">"}
_ENTRIES_MAX: Final = 200  # of one directory; cameras write about 50
_LONG: Final = 4
_KIND, _COLOURS, _INNER, _DNG_VERSION = 254, 262, 330, 50706
_REDUCED: Final = 1
_OF_SENSOR: Final = frozenset({32803, 34892})


def is_raw_photo(tiff: bytes) -> bool:
    """Whether the first directory says so: a DNG, colours as a sensor has them, or a preview.

    Adobe's "Digital Negative Specification" 1.7 and TIFF 6.0: a preview calls itself a reduced copy
    of another picture, and that one has its directory inside.
    """
    said = dict[int, int]()
    with suppress(struct.error, KeyError):
        said = _first_directory(tiff)
    is_preview = bool(said.get(_KIND, 0) & _REDUCED) and _INNER in said
    return _DNG_VERSION in said or said.get(_COLOURS) in _OF_SENSOR or is_preview


def _first_directory(tiff: bytes) -> dict[int, int]:
    """Tags and what stands behind each: a number, or where it is."""
    order = _ORDERS[tiff[:2]]
    (directory,) = struct.unpack_from(f"{order}I", tiff, 4)
    (entries,) = struct.unpack_from(f"{order}H", tiff, directory)
    said = dict[int, int]()
    for at in range(directory + 2, directory + 2 + min(entries, _ENTRIES_MAX) * 12, 12):
        tag, type_ = struct.unpack_from(f"{order}HH", tiff, at)
        letter = "I" if type_ == _LONG else "H"
        (said[tag],) = struct.unpack_from(f"{order}{letter}", tiff, at + 8)
    return said
