"""Pictures of more than 8 bits a sample, and pictures whose transparency is a colour or a table."""

import contextlib
import io
import os
import struct
import sys
from collections.abc import Iterator, Sequence
from typing import Final

import av
from av.video.reformatter import ColorRange
from av.video.stream import VideoStream
from pillow_heif import from_bytes

from tests.harness.media.colour_files import HEIGHT, WIDTH, chunk, png
from tests.harness.media.films import yuv
from tests.harness.media.pictures import exif

Samples = tuple[int, ...]

PALETTE, GREY, COLOUR = 3, 0, 2
"""Colour types of PNG."""
SHORT, LONG, UNDEFINED = 3, 4, 7
"""Types of TIFF's values."""
_VALUE_BYTES: Final = 4
"""Of a TIFF entry: what is longer lies elsewhere."""
MATRIX: Final = 1  # BT.709


def with_palette(left: Samples, right: Samples, depth: int, alpha: int, before: bytes) -> bytes:
    """A PNG of two entries; with `alpha` below 255 both are so transparent."""
    table = chunk(b"PLTE", bytes((*left, *right)))
    if alpha < 255:
        table += chunk(b"tRNS", bytes((alpha, alpha)))
    return png((0,), (1,), depth=depth, colour_type=PALETTE, before=before + table)


def with_key(left: Samples, right: Samples, depth: int, before: bytes) -> bytes:
    """A PNG, grey or in colours, in which the left colour is the transparent one."""
    key = chunk(b"tRNS", struct.pack(f"!{len(left)}H", *left))
    colour_type = GREY if len(left) == 1 else COLOUR
    return png(left, right, depth=depth, colour_type=colour_type, before=before + key)


def tiff(
    left: Samples, right: Samples, *, depth: int, alpha: bool, profile: bytes, orientation: int
) -> bytes:
    """A TIFF of one strip; the last sample of a pixel is its alpha if `alpha` says so."""
    half, order = WIDTH // 2, "<"
    letter = "H" if depth == 16 else "B"
    row = struct.pack(f"{order}{len(left) * WIDTH}{letter}", *left * half, *right * half)
    is_grey = len(left) - alpha == 1
    depths = struct.pack(f"{order}{len(left)}H", *[depth] * len(left))
    values: list[tuple[int, int, int, bytes]] = [
        (256, LONG, 1, struct.pack(f"{order}I", WIDTH)),
        (257, LONG, 1, struct.pack(f"{order}I", HEIGHT)),
        (258, SHORT, len(left), depths),
        (259, SHORT, 1, struct.pack(f"{order}H", 1)),
        (262, SHORT, 1, struct.pack(f"{order}H", 1 if is_grey else 2)),
        (273, LONG, 1, struct.pack(f"{order}I", 8)),
        (274, SHORT, 1, struct.pack(f"{order}H", orientation)),
        (277, SHORT, 1, struct.pack(f"{order}H", len(left))),
        (278, LONG, 1, struct.pack(f"{order}I", HEIGHT)),
        (279, LONG, 1, struct.pack(f"{order}I", len(row) * HEIGHT)),
    ]
    if alpha:
        values.append((338, SHORT, 1, struct.pack(f"{order}H", 2)))  # not multiplied in
    if profile:
        values.append((34675, UNDEFINED, len(profile), profile))
    body = row * HEIGHT
    entries = b""
    for tag, kind, count, value in values:
        if len(value) > _VALUE_BYTES:
            body += bytes(len(body) % 2)
            place, body = 8 + len(body), body + value
            value = struct.pack(f"{order}I", place)  # noqa: PLW2901 - where it lies instead
        entries += struct.pack(f"{order}HHI", tag, kind, count) + value.ljust(_VALUE_BYTES, b"\0")
    body += bytes(len(body) % 2)
    head = struct.pack(f"{order}2sHI", b"II", 42, 8 + len(body))
    return head + body + struct.pack(f"{order}H", len(values)) + entries + bytes(4)


def deep_heic(
    left: Samples, right: Samples, *, bits: int, primaries: int, transfer: int, orientation: int
) -> bytes:
    """A HEIC of 10 or 12 bits; the samples are given in 8, and `orientation` as EXIF numbers it."""
    half = WIDTH // 2
    wide = [sample * 257 for sample in (*left * half, *right * half)]
    mode = {3: "RGB;16", 4: "RGBA;16"}[len(left)]
    picture = from_bytes(mode, (WIDTH, HEIGHT), struct.pack(f"<{len(wide)}H", *wide) * HEIGHT)
    out = io.BytesIO()
    picture.save(
        out,
        quality=98,
        chroma=444,
        bit_depth=bits,
        exif=exif(orientation).tobytes(),
        color_primaries=primaries,
        transfer_characteristics=transfer,
    )
    return out.getvalue()


def deep_avif(left: Samples, right: Samples, *, bits: int, primaries: int, transfer: int) -> bytes:
    """An AVIF of 8 or 10 bits from another encoder than Pillow's."""
    out = io.BytesIO()
    frame = av.VideoFrame(WIDTH, HEIGHT, "yuv420p" if bits == 8 else "yuv420p10le")
    sides = (_numbers(left, bits), _numbers(right, bits))
    for at, plane in enumerate(frame.planes):
        bytes_each = 1 if bits == 8 else 2
        pixels = plane.line_size // bytes_each
        half = plane.width // 2
        row = b"".join(
            number.to_bytes(bytes_each, "little") * count
            for number, count in ((sides[0][at], half), (sides[1][at], pixels - half))
        )
        plane.update(row * plane.height)
    with as_scheduled_before(), av.open(out, "w", format="avif") as file:
        stream = file.add_stream("libsvtav1", rate=1, options={"crf": "5"})
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, frame.format.name
        about = stream.codec_context
        about.color_primaries, about.color_trc, about.colorspace = primaries, transfer, MATRIX
        about.color_range = ColorRange.JPEG
        frame.pts = 0
        file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return out.getvalue()


@contextlib.contextmanager
def as_scheduled_before() -> Iterator[None]:
    """Take back the real-time priority that SVT-AV1 gives the whole process when it is root's.

    With it, this process and all that it starts would keep the machine's cores from all others.
    """
    if sys.platform != "linux":
        yield
        return
    policy, priority = os.sched_getscheduler(0), os.sched_getparam(0)
    try:
        yield
    finally:
        os.sched_setscheduler(0, policy, priority)


def _numbers(colour: Sequence[int], bits: int) -> tuple[int, int, int]:
    red, green, blue = (sample / 255 for sample in colour)
    return yuv((red, green, blue), MATRIX, bits, full=True)
