"""What the header of a video says: how long it is, and how large its frames are.

Read from the file's own boxes (ISO 14496-12, and Apple's QuickTime format, which it grew out of):
a length, a name, contents. Pure: it asks for the parts of the file that it needs, and no more than
a few. Whoever wrote the file wrote the header too, so it is believed only where its statements
agree.
"""

import struct
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from bot.media.kinds import MOV, MP4, kind_of

PIECE_BYTES: Final = 64 * 1024
"""What is asked for at once: of a clip of a minute it usually holds the whole header."""
PIECES_MAX: Final = 4
"""The beginning, what stands behind the frames, and the header in one piece; one to spare."""
HEADER_MAX_BYTES: Final = 2**21
"""A header of half an hour is smaller."""
BOXES_MAX: Final = 256
"""Of one level; files have about ten."""
RUNS_MAX: Final = 20_000
"""Runs of frames of the same length in one track: more than a minute of different ones."""
APART_S: Final = 0.5
"""How far the statements about the length may be apart: encoders round, and cut off a beginning."""


@dataclass(frozen=True, slots=True)
class ClipHeader:
    """What is stated; None: nothing, or nothing that can be believed."""

    seconds: float | None = None
    width: int | None = None
    height: int | None = None


class Piece(NamedTuple):
    """A part of the file: from this byte on, at most so many."""

    first: int
    most: int


class _Box(NamedTuple):
    name: bytes
    body: memoryview


NOTHING_SAID: Final = ClipHeader()


def read_clip_header() -> Generator[Piece, bytes, ClipHeader | None]:
    """Ask for pieces of a file, one after another, and return what its header says.

    Fewer bytes than were asked for are the end of the file. None: it is no MP4 or MOV. Any bytes
    are legal, and give an answer after a few pieces.
    """
    first, data = 0, memoryview((yield Piece(0, PIECE_BYTES)))
    if kind_of(bytes(data[:64])) not in {MP4, MOV}:
        return None
    at, pieces = 0, 1
    for _ in range(BOXES_MAX):
        if at + _HEAD_MAX > first + len(data):
            if pieces == PIECES_MAX:
                break
            pieces += 1
            first, data = at, memoryview((yield Piece(at, PIECE_BYTES)))
        found = _head(data[at - first :])
        if found is None:
            break
        name, head, size = found
        if name != b"moov":
            at += size
            continue
        if size > HEADER_MAX_BYTES:
            break
        if at + size > first + len(data):
            first, data = at, memoryview((yield Piece(at, size)))
        if at + size <= first + len(data):
            return _movie(data[at - first + head : at - first + size])
        break
    return NOTHING_SAID


_HEAD_MAX: Final = 16


def _head(data: memoryview) -> tuple[bytes, int, int] | None:
    """Return name, length of the head and length of the whole box; None: there is no other box."""
    if len(data) < 8:  # noqa: PLR2004 - length and name
        return None
    size, name = struct.unpack_from(">I4s", data)
    head = 8
    if size == 1 and len(data) >= _HEAD_MAX:
        [size] = struct.unpack_from(">Q", data, 8)
        head = _HEAD_MAX
    return (name, head, size) if size >= head else None


def _boxes(data: memoryview) -> Iterator[_Box]:
    at = 0
    for _ in range(BOXES_MAX):
        found = _head(data[at:])
        if found is None:
            return
        name, head, size = found
        yield _Box(name, data[at + head : at + size])
        at += size


def _inside(data: memoryview, *names: bytes) -> memoryview:
    """Return the contents of the first box at this path; empty: there is none."""
    for name in names:
        data = next((box.body for box in _boxes(data) if box.name == name), memoryview(b""))
    return data


def _movie(movie: memoryview) -> ClipHeader:
    scale, whole = _times(_inside(movie, b"mvhd"))
    tracks = [box.body for box in _boxes(movie) if box.name == b"trak"]
    shown = [track for track in tracks if bytes(_inside(track, b"mdia", b"hdlr")[8:12]) == b"vide"]
    stated, frames = [whole / scale] if scale else [], []
    width = height = None
    for track in shown:
        head = _inside(track, b"tkhd")
        if scale:
            stated.append(_track_length(head) / scale)
        frames.append(_frames_s(_inside(track, b"mdia")))
        if width is None:
            width, height = _sides(head)
    # In pieces, as recorders write them: then the lengths stand all over the file.
    in_pieces = any(box.name == b"mvex" for box in _boxes(movie))
    seconds = None if in_pieces else _agreed_s(stated, frames)
    return ClipHeader(seconds, width, height)


def _agreed_s(stated: list[float], frames: list[float | None]) -> float | None:
    """Return the longest of what is stated, if its frames are as long: neither is hidden."""
    known = [one for one in frames if one is not None]
    if not stated or not known or len(known) < len(frames):
        return None
    longest, shown = max(stated), max(known)
    return max(longest, shown) if shown > 0 and abs(longest - shown) <= APART_S else None


def _times(head: memoryview) -> tuple[int, int]:
    """Return ticks a second, and ticks, of `mvhd` or `mdhd`; zeros: there are none."""
    wide = bytes(head[:1]) == b"\x01"
    form, at = (">IQ", 20) if wide else (">II", 12)
    if len(head) < at + struct.calcsize(form):
        return 0, 0
    scale, ticks = struct.unpack_from(form, head, at)
    return scale, ticks


def _track_length(head: memoryview) -> int:
    form, at = (">Q", 28) if bytes(head[:1]) == b"\x01" else (">I", 20)
    if len(head) < at + struct.calcsize(form):
        return 0
    return int(struct.unpack_from(form, head, at)[0])


def _sides(head: memoryview) -> tuple[int | None, int | None]:
    """Return width and height of a track as it is shown: some are turned by a quarter."""
    at = 52 if bytes(head[:1]) == b"\x01" else 40
    if len(head) < at + 44:
        return None, None
    matrix = struct.unpack_from(">9i", head, at)
    width, height = (side >> 16 for side in struct.unpack_from(">2I", head, at + 36))
    turned = matrix[0] == 0 == matrix[4] and matrix[1] and matrix[3]
    found = (height, width) if turned else (width, height)
    return found if all(found) else (None, None)


def _frames_s(media: memoryview) -> float | None:
    """Return how long the frames of a track last together, by the table of their lengths."""
    scale, _ = _times(_inside(media, b"mdhd"))
    table = _inside(media, b"minf", b"stbl", b"stts")
    if not scale or len(table) < 8:  # noqa: PLR2004 - version and count
        return None
    [count] = struct.unpack_from(">I", table, 4)
    runs = table[8 : 8 + 8 * min(count, RUNS_MAX)]
    if count > RUNS_MAX or len(runs) < 8 * count:
        return None
    lasting: int = sum(frames * ticks for frames, ticks in struct.iter_unpack(">2I", runs))
    return lasting / scale
