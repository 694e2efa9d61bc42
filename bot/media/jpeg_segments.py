"""The segments of a JPEG: what its decoder needs, and whether its end is there.

Comments, XMP, previews and whatever else a program hung into the file are taken out before a
decoder sees it. ITU-T T.81, annex B.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

START: Final = b"\xff\xd8"
END: Final = b"\xff\xd9"
FILLER: Final = b"\xfe" * 64
"""Bytes that no end of a picture looks like: almost only ones, and the padding is too short."""

_SOS, _EOI = 0xDA, 0xD9
_USUAL_FRAMES: Final = frozenset({0xC0, 0xC1, 0xC2})
_TABLES: Final = frozenset({0xC4, 0xCC, 0xDB, 0xDD})  # DHT, DAC, DQT, DRI
_OF_PICTURE: Final = (frozenset(range(0xC0, 0xD0)) - {0xC8}) | _TABLES | {_SOS}
"""Every way of coding a frame, the tables, and scans. DNL, which would tell the height behind the
first scan, is not followed by libjpeg."""
_LAST_COEFFICIENT: Final = 63
_STANDALONE: Final = frozenset({0x01, *range(0xD0, 0xD9)})
_APP0, _APP1, _APP2, _APP14 = 0xE0, 0xE1, 0xE2, 0xEE
_LEFT: Final = -1  # no marker: the rest of a file whose segments cannot be told apart
_EXIF: Final = b"Exif\0"
_ICC: Final = b"ICC_PROFILE\0"
_JFIF: Final = b"JFIF\0"
_JFIF_BYTES: Final = 12  # up to its preview, whose two sides follow
_ADOBE: Final = b"Adobe"
_ADOBE_BYTES: Final = 12  # how colours are coded stands in the last; T.872, 6.5.3
_LENGTH_MIN: Final = 2  # a length counts its own two bytes
_HEADER_BYTES: Final = 4  # of a segment: marker and length
_LAST_BYTES: Final = 4
"""Of a scan: at least 25 bits of them are picture, since only the last byte is filled up."""
_MARKER: Final = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
"""What ends a scan. The bytes of fill that may stand before it (T.81, B.1.1.2) are left in the
scan: a pattern that takes them too would look at each long run of them once for every byte."""
_PARTS_MAX: Final = 4  # of a scan (T.81, B.2.3)


@dataclass(frozen=True, slots=True)
class Jpeg:
    """`data` is the picture with its EXIF and ICC profile, with an end that may be ours.

    `had_end` is false where the file's own was missing: then whether the picture is whole is seen
    by decoding it a second time, as `otherwise`, where something else follows its last byte.
    `has_every_scan` is false where the last ones of a progressive picture, without which it is
    coarse, never came. `bare` may be passed on: the picture without EXIF, profile, preview and
    whatever is no picture, of which not a pixel changes; empty where not every decoder knows this
    way of coding, or where it could not be followed. `plain`: the file as it came is `bare`, and
    has at most a colour profile beside it. `last_scan_bytes`: of `bare`, without the scan's header.
    """

    data: bytes
    had_end: bool
    has_every_scan: bool
    bare: bytes
    last_scan_bytes: int
    plain: bool

    @property
    def otherwise(self) -> bytes:
        """The same, as a decoder would go on if the picture were not whole."""
        return self.data[: -len(END)] + FILLER + END

    def broken_off(self) -> Iterator[bytes]:
        """`bare` with other bytes at the end of its last scan, in several ways.

        All show the same as `bare` if its own last bytes are no picture: anything can be hidden
        between the end of the last scan and the end marker, and only a decoder knows where a scan
        ends. None where there is no room to hide anything.
        """
        if not self.bare or self.last_scan_bytes <= _LAST_BYTES:
            return
        at = len(self.bare) - len(END) - _LAST_BYTES
        before, last = self.bare[:at].rstrip(b"\xff"), self.bare[at : -len(END)]
        inverted = bytes(min(byte ^ 0xFF, 0xFE) for byte in last)
        yield from (before + other + END for other in (FILLER, inverted, bytes(_LAST_BYTES)))


class _Segment(NamedTuple):
    """A marker with what belongs to it, of a scan its picture too; `content` is what it says."""

    code: int
    content: bytes
    whole: bytes


def read_jpeg(data: bytes) -> Jpeg:
    """The parts of a JPEG. What cannot be followed is left for the decoder to judge.

    One walk divides what is decoded and what may be passed on.
    """
    kept, bare, behind = [START], [START], list[bytes]()
    is_plain, is_usual, had_end = True, False, False
    frame, scans, last = b"", list[bytes](), 0
    for code, content, whole in _segments(data):
        if code == _LEFT:
            left = b"".join([*kept, whole])
            return Jpeg(
                left, had_end=True, has_every_scan=True, bare=b"", last_scan_bytes=0, plain=False
            )
        if code == _EOI:
            had_end = True
            break
        needed = _needed(code, content, whole)
        is_profile = code == _APP2 and content.startswith(_ICC)
        is_plain &= needed == whole or is_profile
        if is_profile or (code == _APP1 and content.startswith(_EXIF)):
            kept.append(whole)
        kept.append(needed)
        behind.append(needed)
        if code == _SOS:
            scans.append(content)
            last = len(whole) - len(content) - _HEADER_BYTES
            bare += behind
            behind.clear()
        elif code in _USUAL_FRAMES:
            frame, is_usual = content, True
    picture = b"".join(kept) if had_end else b"".join(kept).rstrip(b"\xff")  # half a marker is none
    picture += END
    return Jpeg(
        data=picture,
        had_end=had_end,
        has_every_scan=had_end or _has_every_scan(frame, scans),
        bare=b"".join([*bare, END]) if is_usual and scans else b"",
        last_scan_bytes=last,
        plain=is_plain and is_usual and had_end and not any(behind) and picture == data,
    )


def _segments(data: bytes) -> Iterator[_Segment]:
    """What follows the first marker, up to the end marker if there is one.

    Where a length is none, the rest comes as one, under `_LEFT`.
    """
    at = len(START)
    while (marker_at := data.find(b"\xff", at)) >= 0:
        code_at = marker_at + 1
        while data[code_at : code_at + 1] == b"\xff":
            code_at += 1
        if code_at >= len(data):
            return
        code, start = data[code_at], code_at + 1
        if code == _EOI:
            yield _Segment(code, b"", END)
            return
        if code == 0 or code in _STANDALONE:
            at = start
            continue
        length = int.from_bytes(data[start : start + 2], "big")
        if length < _LENGTH_MIN and len(data) >= start + 2:
            yield _Segment(_LEFT, b"", data[marker_at:])
            return
        end = start + length
        if end > len(data):
            return
        content = data[start + 2 : end]
        at = _scan_end(data, end) if code == _SOS else end
        yield _Segment(code, content, b"\xff" + data[code_at:at])


def _needed(code: int, content: bytes, whole: bytes) -> bytes:
    """What of a segment every decoder needs: all, nothing, or what is written anew."""
    if code == _APP0:
        return _without_preview(content)
    if code == _APP14:
        return _adobe(content)
    return whole if code in _OF_PICTURE else b""


def _without_preview(content: bytes) -> bytes:
    """The segment of JFIF (ITU-T T.871) without its preview; nothing of another APP0."""
    said = content[:_JFIF_BYTES]
    if not said.startswith(_JFIF) or len(said) < _JFIF_BYTES:
        return b""
    return b"\xff\xe0" + (2 + _JFIF_BYTES + 2).to_bytes(2, "big") + said + b"\0\0"


def _adobe(content: bytes) -> bytes:
    """Adobe's segment of 12 bytes, without what follows them; nothing of another APP14."""
    said = content[:_ADOBE_BYTES]
    if not said.startswith(_ADOBE) or len(said) < _ADOBE_BYTES:
        return b""
    return b"\xff\xee" + (2 + _ADOBE_BYTES).to_bytes(2, "big") + said


def _scan_end(data: bytes, start: int) -> int:
    found = _MARKER.search(data, start)
    return found.start() if found else len(data)


def _has_every_scan(frame: bytes, scans: list[bytes]) -> bool:
    """Whether each part of the frame (T.81, B.2.2) came in scans (B.2.3) to its last bit."""
    parts = {frame[at] for at in range(6, len(frame) - 2, 3)}
    came = {part: set[int]() for part in parts}
    for scan in scans:
        count = scan[0] if scan else 0
        spectrum = scan[1 + 2 * count :] if count <= _PARTS_MAX else b""
        if len(spectrum) < 3 or spectrum[2] & 0x0F:  # noqa: PLR2004 - first, last, bits to come
            continue
        for part in scan[1 : 1 + 2 * count : 2]:
            came.get(part, set()).update(range(spectrum[0], spectrum[1] + 1))
    return bool(came) and all(len(got) > _LAST_COEFFICIENT for got in came.values())
