"""Clips of plain colours in the numbers that a decoder gives, described as a test says."""

import io
import random
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.video.reformatter import ColorRange
from av.video.stream import VideoStream
from PIL import Image, ImageDraw

from bot.media.video import poster

Rgb = tuple[float, float, float]

LUMA = {1: (0.2126, 0.0722), 6: (0.299, 0.114), 5: (0.299, 0.114), 9: (0.2627, 0.0593)}
"""Weights of red and blue by matrix (ITU-T H.273, table 4)."""
TURNS = {
    "as it is": ((1, 0, 0, 1), "ABCD"),
    "a quarter right": ((0, 1, -1, 0), "CADB"),
    "half": ((-1, 0, 0, -1), "DCBA"),
    "a quarter left": ((0, -1, 1, 0), "BDAC"),
    "mirrored": ((-1, 0, 0, 1), "BADC"),
    "upside down in a mirror": ((1, 0, 0, -1), "CDAB"),
    "rows as columns": ((0, 1, 1, 0), "ACBD"),
    "rows as columns, from the end": ((0, -1, -1, 0), "DBCA"),
}
"""Display matrices (a, b, c, d of ISO 14496-12), and how ABCD in four corners is then read."""
CORNERS = {"A": (220, 40, 40), "B": (40, 190, 40), "C": (40, 40, 220), "D": (220, 220, 220)}


@dataclass(frozen=True)
class Film:
    """What is written about a clip. `tags`: primaries, transfer, matrix, range."""

    size: tuple[int, int] = (320, 240)
    tags: tuple[int, int, int, int] | None = None
    aspect: Fraction | None = None
    turn: tuple[int, int, int, int] | None = None
    frames: int = 3
    bits: int = 8
    codec: str = "libx264"
    crf: int = 4
    said: str = ""
    """Parameters of x265, which writes down how bright a film is."""


def yuv(rgb: Rgb, matrix: int, bits: int = 8, *, full: bool = False) -> tuple[int, int, int]:
    """The numbers of a colour from 0 to 1 (ITU-T H.273, equations 20 to 40)."""
    red_weight, blue_weight = LUMA[matrix]
    red, green, blue = rgb
    luma = red_weight * red + (1 - red_weight - blue_weight) * green + blue_weight * blue
    chroma = (blue - luma) / (2 - 2 * blue_weight), (red - luma) / (2 - 2 * red_weight)
    step = 2 ** (bits - 8)
    if full:
        top = 256 * step - 1
        blue_chroma, red_chroma = (round(top * part) + 128 * step for part in chroma)
        return round(top * luma), blue_chroma, red_chroma
    numbers = 16 + 219 * luma, 128 + 224 * chroma[0], 128 + 224 * chroma[1]
    return round(numbers[0] * step), round(numbers[1] * step), round(numbers[2] * step)


def plain(size: tuple[int, int], numbers: Sequence[int], bits: int) -> av.VideoFrame:
    frame = av.VideoFrame(*size, "yuv420p" if bits == 8 else "yuv420p10le")
    for plane, number in zip(frame.planes, numbers, strict=True):
        width = 1 if bits == 8 else 2
        plane.update(number.to_bytes(width, "little") * (plane.buffer_size // width))
    return frame


def film(path: Path, film: Film, draw: Callable[[int], av.VideoFrame]) -> Path:
    """An MP4 of 24 frames a second."""
    with av.open(str(path), "w", format="mp4") as file:
        options = {"preset": "ultrafast", "crf": str(film.crf)}
        if film.said:
            options["x265-params"] = f"log-level=none:{film.said}"
        stream = file.add_stream(film.codec, rate=24, options=options)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height = film.size
        stream.pix_fmt = "yuv420p" if film.bits == 8 else "yuv420p10le"
        encoder = stream.codec_context
        if film.aspect:
            encoder.sample_aspect_ratio = film.aspect
        if film.tags:
            encoder.color_primaries, encoder.color_trc, encoder.colorspace, said = film.tags
            encoder.color_range = ColorRange(said)
        for at in range(film.frames):
            frame = draw(at)
            frame.pts = at
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    if film.turn:
        turned(path, film.turn)
    return path


def coloured(path: Path, numbers: Sequence[int], about: Film) -> Path:
    return film(path, about, lambda _: plain(about.size, numbers, about.bits))


def half_noise(path: Path, numbers: Sequence[int], about: Film) -> Path:
    """A clip whose left half has one colour, and whose right half no encoder makes small."""
    dice, wide = random.Random(1), about.bits != 8  # noqa: S311 - the same clip each time
    half = about.size[0] // 2 * (2 if wide else 1)
    noisy = [dice.randbytes(half) for _ in range(97)]
    if wide:  # the upper byte of ten bits is at most 3
        noisy = [bytes(b & 3 if at % 2 else b for at, b in enumerate(row)) for row in noisy]

    def draw(_: int) -> av.VideoFrame:
        frame = plain(about.size, numbers, about.bits)
        luma = frame.planes[0]
        rows = bytearray(bytes(luma))
        for row in range(about.size[1]):
            start = row * luma.line_size + half
            rows[start : start + half] = dice.choice(noisy)
        luma.update(bytes(rows))
        return frame

    return film(path, about, draw)


def turned(path: Path, matrix: tuple[int, int, int, int]) -> None:
    """Write a display matrix into the header of the first track, as a telephone does."""
    data = bytearray(path.read_bytes())
    a, b, c, d = (value << 16 for value in matrix)
    struct.pack_into(">9i", data, data.index(b"tkhd") + 44, a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path.write_bytes(bytes(data))


def corners(size: tuple[int, int]) -> Image.Image:
    """A picture whose quarters have the colours of A, B, C and D."""
    image, (width, height) = Image.new("RGB", size), size
    draw = ImageDraw.Draw(image)
    for at, colour in enumerate(CORNERS.values()):
        left, top = at % 2 * width // 2, at // 2 * height // 2
        draw.rectangle((left, top, left + width // 2, top + height // 2), fill=colour)
    return image


def read_corners(image: Image.Image) -> str:
    """Which colour each quarter has, read like text."""
    width, height = image.size
    found = ""
    for at in range(4):
        place = (width * (1 + at % 2 * 2) // 4, height * (1 + at // 2 * 2) // 4)
        seen = image.convert("RGB").getpixel(place)
        assert isinstance(seen, tuple)
        distances = {
            name: sum(abs(a - b) for a, b in zip(seen, colour, strict=True))
            for name, colour in CORNERS.items()
        }
        found += min(distances, key=lambda name: distances[name])
    return found


def poster_of(path: Path) -> Image.Image:
    image = Image.open(io.BytesIO(poster(path)))
    image.load()
    return image


def middle(image: Image.Image) -> tuple[int, int, int]:
    seen = image.convert("RGB").getpixel((image.width // 2, image.height // 2))
    assert isinstance(seen, tuple)
    return int(seen[0]), int(seen[1]), int(seen[2])


def left(image: Image.Image) -> tuple[int, int, int]:
    return middle(image.crop((0, 0, image.width // 2, image.height)))
