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
_FRAMES: Final = frozenset({0xC0, 0xC1, 0xC2})
_LAST_COEFFICIENT: Final = 63
_STANDALONE: Final = frozenset({0x01, *range(0xD0, 0xD9)})
_APP0, _APP1, _APP2, _APP14, _APP15, _COMMENT = 0xE0, 0xE1, 0xE2, 0xEE, 0xEF, 0xFE
_EXIF: Final = b"Exif\0"
_ICC: Final = b"ICC_PROFILE\0"
_JFIF: Final = b"JFIF\0"
_JFIF_BYTES: Final = 12  # up to its preview, whose two sides follow
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
    coarse, never came. `usual`: every decoder knows this way of coding. `plain`: so it is, and the
    file as it came holds the picture and at most a colour profile.
    """

    data: bytes
    had_end: bool
    has_every_scan: bool
    usual: bool
    plain: bool

    @property
    def otherwise(self) -> bytes:
        """The same, as a decoder would go on if the picture were not whole."""
        return self.data[: -len(END)] + FILLER + END


class _Segment(NamedTuple):
    """A marker with what belongs to it, of a scan its picture too; `content` is what it says."""

    code: int
    content: bytes
    whole: bytes


def read_jpeg(data: bytes) -> Jpeg:
    """The parts of a JPEG. What cannot be followed is left for the decoder to judge."""
    kept = [START]
    has_extras = False
    frame, scans = b"", list[bytes]()
    for code, content, whole in _segments(data):
        if code == _EOI:
            picture = b"".join([*kept, END])
            plain = bool(frame) and not has_extras and picture == data
            return Jpeg(picture, had_end=True, has_every_scan=True, usual=bool(frame), plain=plain)
        if not _is_needed(code, content):
            has_extras = True
            continue
        if code == _SOS:
            scans.append(content)
        elif code in _FRAMES:
            frame = content
        kept.append(whole)
        has_extras |= code == _APP1 or (code == _APP0 and whole != _without_preview(content))
    picture = b"".join(kept).rstrip(b"\xff") + END  # half a marker is none
    every = _has_every_scan(frame, scans)
    return Jpeg(picture, had_end=False, has_every_scan=every, usual=bool(frame), plain=False)


def bare(data: bytes) -> bytes:
    """The picture of `Jpeg.data` without EXIF, profile and preview; not a pixel changes."""
    kept = [START]
    for code, content, whole in _segments(data):
        if code == _APP0:
            kept.append(_without_preview(content))
        elif code not in {_APP1, _APP2}:
            kept.append(whole)
    return b"".join(kept)


def _segments(data: bytes) -> Iterator[_Segment]:
    """What follows the first marker, up to the end marker if there is one."""
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
        end = start + int.from_bytes(data[start : start + 2], "big")
        content = data[start + 2 : end]
        at = _scan_end(data, end) if code == _SOS else end
        yield _Segment(code, content, b"\xff" + data[code_at:at])


def _without_preview(content: bytes) -> bytes:
    """The segment of JFIF (ITU-T T.871) without its preview; nothing of another APP0."""
    said = content[:_JFIF_BYTES]
    if not said.startswith(_JFIF) or len(said) < _JFIF_BYTES:
        return b""
    return b"\xff\xe0" + (2 + _JFIF_BYTES + 2).to_bytes(2, "big") + said + b"\0\0"


def _is_needed(code: int, content: bytes) -> bool:
    if code in {_APP0, _APP14}:
        return True
    if code == _APP1:
        return content.startswith(_EXIF)
    if code == _APP2:
        return content.startswith(_ICC)
    return not (_APP2 < code <= _APP15 or code == _COMMENT)


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
