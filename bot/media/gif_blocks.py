"""The blocks of a GIF, as far as its first frame."""

import struct
from typing import Final

_HEADER_BYTES: Final = 13
_SIZE_AT, _COLOURS_AT = 6, 10
_LENGTH_MAX: Final = 0xFFFF
_EXTENSION, _FRAME = 0x21, 0x2C
# A frame of one pixel that cannot be seen. GIF89a, sections 20 to 23: the graphic control with
# colour 0 transparent, an image of 1 by 1 with two colours of its own, and its one pixel.
_UNSEEN: Final = (
    b"\x21\xf9\x04\x01\0\0\0\0\x2c\0\0\0\0\x01\0\x01\0\x80\0\0\0\xff\xff\xff\x02\x02\x44\x01\0"
)


def on_clear_canvas(data: bytes) -> bytes:
    """The GIF, with an unseen frame in front if its first frame leaves a part of it uncovered.

    What no frame has drawn is transparent, whatever background colour the file names: so browsers
    show it. Decoders differ; but all begin with a clear canvas where the first frame is clear. A
    canvas on which the first frame has no room is made larger by the file's own first frame, so it
    is written larger before the unseen one.
    """
    size = struct.unpack_from("<HH", data, _SIZE_AT) if len(data) >= _HEADER_BYTES else (0, 0)
    at = _after_colours(data, _COLOURS_AT, _HEADER_BYTES)
    body = at
    while at < len(data) and data[at] == _EXTENSION:
        at += 2
        while at < len(data) and data[at]:
            at += 1 + data[at]
        at += 1
    if len(data) < at + 10 or data[at] != _FRAME:
        return data
    left, top, width, height = struct.unpack_from("<HHHH", data, at + 1)
    if left == 0 and top == 0 and width >= size[0] and height >= size[1]:
        return data
    canvas = (max(size[0], left + width), max(size[1], top + height))
    written = struct.pack("<HH", *(min(length, _LENGTH_MAX) for length in canvas))
    return data[:_SIZE_AT] + written + data[_COLOURS_AT:body] + _UNSEEN + data[body:]


def _after_colours(data: bytes, flags_at: int, start: int) -> int:
    flags = data[flags_at] if len(data) > flags_at else 0
    return start + (3 << (flags & 7) + 1 if flags & 0x80 else 0)
