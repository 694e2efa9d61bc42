"""Pictures of two colours, side by side, in every format and with every description of colours."""

import io
import struct
import zlib
from collections.abc import Callable

from PIL import Image
from pillow_heif import from_pillow

from tests.harness.media.pictures import exif

WIDTH, HEIGHT = 400, 300
_EXACTLY: dict[str, dict[str, object]] = {
    "JPEG": {"quality": 98, "subsampling": 0},
    "WEBP": {"lossless": True},
    "AVIF": {"quality": 98, "subsampling": "4:4:4"},
}


def chunk(name: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(name + content)
    return struct.pack("!I", len(content)) + name + content + struct.pack("!I", checksum)


def png(
    left: tuple[int, ...],
    right: tuple[int, ...],
    *,
    depth: int = 8,
    colour_type: int,
    before: bytes = b"",
    end: bytes | None = None,
) -> bytes:
    """A PNG written by hand: samples of `depth` bits, and the chunks `before` its pixels."""
    half = WIDTH // 2
    bits = "".join(f"{sample:0{depth}b}" for sample in (*(left * half), *(right * half)))
    row = b"\0" + int(bits, 2).to_bytes(len(bits) // 8, "big")
    header = struct.pack("!IIBBBBB", WIDTH, HEIGHT, depth, colour_type, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + before
        + chunk(b"IDAT", zlib.compress(row * HEIGHT))
        + (chunk(b"IEND", b"") if end is None else end)
    )


def gama(gamma: float) -> bytes:
    return chunk(b"gAMA", struct.pack("!I", round(gamma * 100_000)))


P3_CHRM = chunk(b"cHRM", struct.pack("!8I", 31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000))


def cicp(primaries: int, transfer: int) -> bytes:
    return chunk(b"cICP", bytes((primaries, transfer, 0, 1)))


def clli(brightest_nits: int) -> bytes:
    """How bright the brightest pixel is, and the average of a picture."""
    return chunk(b"cLLI", struct.pack("!II", brightest_nits * 10_000, 100 * 10_000))


def mdcv(screen_nits: int) -> bytes:
    """How bright the screen was on which the picture was made."""
    bt2020 = (35_400, 14_600, 8_500, 39_850, 6_550, 2_300, 15_635, 16_450)
    return chunk(b"mDCV", struct.pack("!8HII", *bt2020, screen_nits * 10_000, 50))


def iccp(profile: bytes) -> bytes:
    return chunk(b"iCCP", b"p\0\0" + zlib.compress(profile))


def halves(left: object, right: object, mode: str) -> Image.Image:
    image = Image.new(mode, (WIDTH, HEIGHT), left)  # type: ignore[arg-type] # a colour of the mode
    image.paste(right, (WIDTH // 2, 0, WIDTH, HEIGHT))  # type: ignore[arg-type] # as above
    return image


def saved(image: Image.Image, kind: str, *, profile: bytes, orientation: int) -> bytes:
    """The picture in a format of Pillow's, as exactly as the format can."""
    options: dict[str, object] = dict(_EXACTLY.get(kind, {}))
    if profile:
        options["icc_profile"] = profile
    if orientation != 1:
        options["exif"] = exif(orientation)
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def avif(image: Image.Image, primaries: int, transfer: int, matrix: int = 6) -> bytes:
    """An AVIF that names its colours; Pillow always names sRGB, in a matrix of BT.601."""
    data = saved(image, "AVIF", profile=b"", orientation=1)
    at = data.index(b"colrnclx") + 8
    return data[:at] + struct.pack("!3H", primaries, transfer, matrix) + data[at + 6 :]


def heic(image: Image.Image, primaries: int, transfer: int) -> bytes:
    out = io.BytesIO()
    names = {"color_primaries": primaries, "transfer_characteristics": transfer}
    from_pillow(image).save(out, quality=98, chroma=444, **names)
    return out.getvalue()


# The colorants of two profiles as they are written in them, for white at D50.
_SRGB = ((0.43607, 0.22249, 0.01392), (0.38515, 0.71687, 0.09708), (0.14307, 0.06061, 0.71410))
_P3 = ((0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407))
_D50 = (0.9642, 1.0, 0.8249)


def _numbers(values: tuple[float, ...]) -> bytes:
    return b"".join(struct.pack("!i", round(value * 65536)) for value in values)


def _curve(curve: Callable[[float], float]) -> bytes:
    points = [round(65535 * curve(at / 1023)) for at in range(1024)]
    return struct.pack("!4s4xI1024H", b"curv", 1024, *points)


def profile(space: str, curve: Callable[[float], float], *, padding: int = 0) -> bytes:
    """An ICC profile of version 2: `srgb` or `p3` primaries, or `grey`."""
    tags = [(b"wtpt", b"XYZ \0\0\0\0" + _numbers(_D50))]
    if space == "grey":
        tags.append((b"kTRC", _curve(curve)))
    else:
        for name, xyz in zip("rgb", _P3 if space == "p3" else _SRGB, strict=True):
            tags.append((name.encode() + b"XYZ", b"XYZ \0\0\0\0" + _numbers(xyz)))
            tags.append((name.encode() + b"TRC", _curve(curve)))
    body, table = b"", struct.pack("!I", len(tags))
    for name_of_tag, content in tags:
        table += struct.pack("!4sII", name_of_tag, 132 + 12 * len(tags) + len(body), len(content))
        body += content
    body += bytes(padding)
    colours = b"GRAY" if space == "grey" else b"RGB "
    size = 132 + 12 * len(tags) + len(body)
    head = struct.pack("!I4xI4s4s4s12x4s", size, 0x02100000, b"mntr", colours, b"XYZ ", b"acsp")
    return (head.ljust(68, b"\0") + _numbers(_D50)).ljust(128, b"\0") + table + body
