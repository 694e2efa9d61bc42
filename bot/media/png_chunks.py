"""The chunks of a PNG: what its decoder needs, and what they say about its colours.

Everything else (text, profiles, times, suggestions) is taken out before a decoder sees the file:
none of it is picture, and it can be large, broken or a bomb. W3C, "Portable Network Graphics
(PNG) Specification (Third Edition)", 2025.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from bot.media.colour_spaces import SRGB, UNSPECIFIED, CodePoints, Colour, Gamma, Primaries

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
PROFILE_MAX_BYTES: Final = 32 * 1024 * 1024
"""An ICC profile that unpacks to more is not used; the largest for printers have about 4 MB."""
PLAIN_PROFILE_MAX_BYTES: Final = 256 * 1024
"""A larger one is not passed on: there are decoders that refuse the picture for it."""

_CRITICAL: Final = frozenset({b"IHDR", b"PLTE", b"IDAT"})
_ANIMATION: Final = frozenset({b"acTL", b"fcTL", b"fdAT"})
_PLAIN: Final = frozenset({b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"cICP", b"pHYs", b"sBIT"})
_PLAIN_LAYOUTS: Final = frozenset({b"\x08\x00", b"\x08\x02"})  # 8 bits, grey or colour
_GREY, _COLOUR = 0, 2
_PALETTE_TYPE: Final = b"\x03"
_EXIF_START: Final = b"Exif\0\0"

# Files with gAMA 0.45455 and no cHRM are shown as sRGB, as are all within 5 % of it.
_SRGB_GAMMA: Final = 1 / 2.2
_GAMMA_TOLERANCE: Final = 0.05


@dataclass(frozen=True, slots=True)
class Png:
    """`data` is the picture and nothing else, complete even if the file's end was missing.

    `still` is the same without its animation; empty if it has none.

    `key` is the colour that is transparent in a picture without a palette, as it is written: one
    number for grey, three for colours, each of `depth` bits. `plain`: the file as it came holds
    no more than a picture of 8 bits a sample without transparency or animation.
    """

    data: bytes
    still: bytes
    depth: int
    colour: Colour
    key: tuple[int, ...]
    exif: bytes
    plain: bool


@dataclass(frozen=True, slots=True)
class _Chunk:
    name: bytes
    content: bytes
    checksum: bytes

    @property
    def right_checksum(self) -> bytes:
        return zlib.crc32(self.content, zlib.crc32(self.name)).to_bytes(4, "big")

    @property
    def is_whole(self) -> bool:
        return self.checksum == self.right_checksum


def read_png(data: bytes) -> Png:
    """The parts of a PNG; raises ValueError if it does not begin as one."""
    kept, still, said = [SIGNATURE], [SIGNATURE], dict[bytes, bytes]()
    names = set[bytes]()
    header = b""
    end = len(SIGNATURE)
    complete, sound = False, True
    for chunk, chunk_end in _chunks(data):
        name, end = chunk.name, chunk_end
        sound &= chunk.is_whole
        if name == b"IEND":
            complete = True
            break
        names.add(name)
        if name == b"IHDR":
            header = header or chunk.content
        is_part = name in _ANIMATION or (name == b"tRNS" and header[9:10] == _PALETTE_TYPE)
        if name in _CRITICAL or (is_part and chunk.is_whole):
            kept.append(_packed(chunk))
            if name not in _ANIMATION:
                still.append(kept[-1])
        elif chunk.is_whole and b"IDAT" not in names:  # later it is too late, for browsers as well
            said.setdefault(name, chunk.content)
    if len(header) != 13:  # noqa: PLR2004 - the size of IHDR
        raise ValueError("no header")
    ending = _packed(_Chunk(b"IEND", b"", b""))
    plain = (
        complete
        and sound
        and end == len(data)
        and names <= _CRITICAL - {b"PLTE"} | _PLAIN
        and header[8:10] in _PLAIN_LAYOUTS
    )
    colour = _colour(said)
    if b"iCCP" in said:
        plain &= isinstance(colour, bytes) and len(colour) <= PLAIN_PROFILE_MAX_BYTES
    exif = said.get(b"eXIf", b"")
    return Png(
        data=b"".join(kept) + ending,
        still=b"".join(still) + ending if len(still) < len(kept) else b"",
        depth=header[8],
        colour=colour,
        key=_key(header[9], said.get(b"tRNS", b"")),
        exif=exif if not exif or exif.startswith(_EXIF_START) else _EXIF_START + exif,
        plain=plain,
    )


def _chunks(data: bytes) -> Iterator[tuple[_Chunk, int]]:
    """Each chunk and where it ends; the last may be cut off."""
    at = len(SIGNATURE)
    while at + 8 <= len(data):
        length, name = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        content_end = at + 8 + length
        content = data[at + 8 : content_end]
        at = min(content_end + 4, len(data))
        yield _Chunk(name, content, data[content_end:at]), at


def _packed(chunk: _Chunk) -> bytes:
    """The chunk as it was, a wrong checksum too, which is for the decoder to judge.

    Only where the file ended before the checksum is one made.
    """
    checksum = chunk.checksum if len(chunk.checksum) == 4 else chunk.right_checksum  # noqa: PLR2004
    return struct.pack("!I4s", len(chunk.content), chunk.name) + chunk.content + checksum


def _key(colour_type: int, content: bytes) -> tuple[int, ...]:
    count = {_GREY: 1, _COLOUR: 3}.get(colour_type, 0)
    if len(content) < 2 * count:
        return ()
    return struct.unpack_from(f"!{count}H", content)


def _colour(said: dict[bytes, bytes]) -> Colour:
    """The first that can be used of cICP, iCCP, sRGB, and gAMA with cHRM; so orders the format."""
    match tuple(said.get(b"cICP", b"")):
        case (primaries, transfer, 0, 1) if transfer not in UNSPECIFIED:
            return CodePoints(primaries, transfer, _peak_nits(said))
    profile = _profile(said.get(b"iCCP", b""))
    if profile:
        return profile
    if b"sRGB" in said or len(said.get(b"gAMA", b"")) != 4:  # noqa: PLR2004 - one number
        return None
    gamma = int.from_bytes(said[b"gAMA"], "big") / 100_000
    chromaticities = _primaries(said.get(b"cHRM", b""))
    if not gamma or (chromaticities is None and abs(gamma / _SRGB_GAMMA - 1) < _GAMMA_TOLERANCE):
        return None
    return Gamma(1 / gamma, chromaticities or SRGB)


def _peak_nits(said: dict[bytes, bytes]) -> float:
    """From cLLI, or mDCV (after eight numbers about primaries), both in 0.0001 cd/m²."""
    brightest = said.get(b"cLLI", b"")[:4] or b"\0"
    mastered = said.get(b"mDCV", b"")[16:20]
    return (int.from_bytes(brightest, "big") or int.from_bytes(mastered, "big")) / 10_000


def _profile(content: bytes) -> bytes:
    """The ICC profile in an iCCP chunk; empty if there is none, or it is no profile."""
    name, _, packed = content.partition(b"\0")
    if not name or packed[:1] != b"\0":
        return b""
    unpacker = zlib.decompressobj()
    try:
        profile = unpacker.decompress(packed[1:], PROFILE_MAX_BYTES)
    except zlib.error:
        return b""
    return profile if profile[36:40] == b"acsp" and not unpacker.unconsumed_tail else b""


def _primaries(content: bytes) -> Primaries | None:
    if len(content) != 32:  # noqa: PLR2004 - eight numbers
        return None
    xy = [value / 100_000 for value in struct.unpack("!8I", content)]
    return Primaries(*((xy[at], xy[at + 1]) for at in range(0, 8, 2)))
