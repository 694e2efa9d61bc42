"""Pictures made for tests, and looks into prepared ones."""

import io
import struct
import zlib

import pytest
from PIL import Image
from pillow_heif import from_pillow

from bot.errors import MediaRefused
from bot.media.images import prepare_picture
from bot.media.products import Picture

GPS_IFD = 0x8825
ORIENTATION = 0x0112
RED, WHITE = (254, 0, 0), (255, 255, 255)


def opened(prepared: Picture) -> Image.Image:
    """What Kling would see; the facts of the result are checked on the way."""
    image = Image.open(io.BytesIO(prepared.data))
    image.load()
    assert (prepared.width, prepared.height) == image.size
    assert prepared.media_type == {"JPEG": "image/jpeg", "PNG": "image/png"}[image.format or ""]
    assert image.mode in {"RGB", "L"}
    assert not image.getexif()
    assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density", "dpi"}
    return image


def corner(prepared: Picture, x: int = 20, y: int = 20) -> tuple[int, int, int]:
    """One pixel, with what JPEG loses rounded away."""
    pixel = opened(prepared).convert("RGB").getpixel((x, y))
    assert isinstance(pixel, tuple)
    red, green, blue = (0 if value < 30 else 255 if value > 225 else value for value in pixel)
    return int(red), int(green), int(blue)


def refusal(data: bytes) -> MediaRefused:
    with pytest.raises(MediaRefused) as caught:
        prepare_picture(data)
    return caught.value


def heic(image: Image.Image, **options: object) -> bytes:
    out = io.BytesIO()
    from_pillow(image).save(out, quality=90, **options)
    return out.getvalue()


def exif(orientation: int = 1) -> Image.Exif:
    tags = Image.Exif()
    tags[ORIENTATION] = orientation
    tags.get_ifd(GPS_IFD)[2] = (52.0, 31.0, 0.0)
    return tags


def png_header(width: int, height: int, content_bytes: int = 8_000_000) -> bytes:
    """A PNG that claims a size and holds zeros; by default a deflate bomb of megabytes in a few."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return (
            struct.pack("!I", len(content))
            + name
            + content
            + struct.pack("!I", zlib.crc32(name + content))
        )

    header = struct.pack("!IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(content_bytes), 9)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )
