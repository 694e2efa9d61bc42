"""Finds where sound begins in a file that begins with something else.

Behind a tag for titles (ID3), behind zero bytes, or between two frames: that is how files look
that were cut out of a broadcast or tagged by a program that knows MP3 only. Players play them.
"""

import re

from bot.media import kinds
from bot.media.kinds import SIGNATURE_BYTES, Kind, kind_of

SEARCH_MAX_BYTES = 256 * 1024  # dozens of frames of the largest kind
FRAMES_IN_A_ROW = 4  # by chance such a chain is found once in many terabytes of noise

ID3_HEAD_BYTES = 10
ID3_FOOTER_FLAG = 0x10
MPEG_HEAD_BYTES = 4
ADTS_HEAD_BYTES = 7

# ISO 11172-3 and 13818-3: kilobits a second by (version 1?, layer), hertz by version.
_KBITS_PER_S = {
    (True, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (True, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES_HZ = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
_MPEG_1 = 3
TRANSPORT_PACKETS = ((0, 188), (4, 192))
"""Where packets of MPEG-TS begin with the same byte, and how long they are (AVCHD adds a time)."""
PACKETS_IN_A_ROW = 5
_OF_FRAMES = frozenset({kinds.MP3, kinds.MP2, kinds.AAC})
_SYNC = re.compile(rb"\xff[\xe0-\xff]")


def find_sound(data: bytes) -> tuple[Kind | None, int]:
    """The kind of the sound in `data`, None if there is none, and the byte where it begins."""
    at = _after_tags(data)
    kind = kind_of(data[at : at + SIGNATURE_BYTES])
    if kind is not None and kind not in _OF_FRAMES:
        return kind, at
    if kind is None and _is_transport(data):
        return kinds.MPEG_TS, 0
    first_byte = len(data) - len(data[at:].lstrip(b"\0"))
    return _first_frames(data, first_byte) or (kind, at)


def _is_transport(data: bytes) -> bool:
    """Whether it is a piece of a stream, whose tables may come later: `kind_of` looks for one."""
    return any(
        data[at : at + PACKETS_IN_A_ROW * size : size] == b"G" * PACKETS_IN_A_ROW
        for at, size in TRANSPORT_PACKETS
    )


def _after_tags(data: bytes) -> int:
    """The first byte behind all ID3v2 tags at the front (id3.org, versions 2.3 and 2.4)."""
    at = 0
    while data.startswith(b"ID3", at) and len(data) >= at + ID3_HEAD_BYTES:
        length = 0
        for byte in data[at + 6 : at + ID3_HEAD_BYTES]:
            length = length << 7 | byte & 0x7F
        footer = ID3_HEAD_BYTES if data[at + 5] & ID3_FOOTER_FLAG else 0
        at += ID3_HEAD_BYTES + length + footer
    return min(at, len(data))


def _first_frames(data: bytes, start: int) -> tuple[Kind, int] | None:
    """Where several frames follow each other without a gap, at `start` or behind it."""
    for sync in _SYNC.finditer(data, start, start + SEARCH_MAX_BYTES):
        kind = _kind_of_frames(data, sync.start())
        if kind is not None:
            return kind, sync.start()
    return None


def _kind_of_frames(data: bytes, at: int) -> Kind | None:
    """The kind of the frames that begin at `at`, if that many do."""
    kind, first = kind_of(data[at : at + SIGNATURE_BYTES]), _same_in_all_frames(data, at)
    for _ in range(FRAMES_IN_A_ROW):
        length = _frame_bytes(data, at)
        if not length or at + length > len(data) or _same_in_all_frames(data, at) != first:
            return None
        at += length
    return kind


def _same_in_all_frames(data: bytes, at: int) -> bytes:
    """Version, layer and rate of the frame at `at`; whether it has a checksum may differ."""
    return bytes(
        byte & mask for byte, mask in zip(data[at + 1 : at + 3], b"\xfe\x0c", strict=False)
    )


def _frame_bytes(data: bytes, at: int) -> int:
    """The length of the MPEG audio or ADTS frame at `at`; 0 if there is none."""
    head = data[at : at + ADTS_HEAD_BYTES]
    if len(head) < ADTS_HEAD_BYTES or not _SYNC.match(head):
        return 0
    version, layer = head[1] >> 3 & 3, 4 - (head[1] >> 1 & 3)
    if layer == 4:  # noqa: PLR2004 - no layer: ADTS
        length = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
        return length if head[1] & 0xF6 == 0xF0 and length > ADTS_HEAD_BYTES else 0  # noqa: PLR2004
    rates, steps = _RATES_HZ.get(version, ()), head[2] >> 4
    rate_index = head[2] >> 2 & 3
    if rate_index >= len(rates) or not 0 < steps <= len(_KBITS_PER_S[True, 1]):
        return 0
    bits_per_s = _KBITS_PER_S[version == _MPEG_1, layer][steps - 1] * 1000
    padding, rate_hz = head[2] >> 1 & 1, rates[rate_index]
    if layer == 1:
        return (12 * bits_per_s // rate_hz + padding) * 4
    slots = 72 if layer == 3 and version != _MPEG_1 else 144  # noqa: PLR2004 - the shorter frame
    return slots * bits_per_s // rate_hz + padding
