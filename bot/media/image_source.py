"""Opens the file of a picture, and tells what it says beside its pixels."""

import io
import struct
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from PIL import Image, ImageFile
from pillow_heif import HeifFile, HeifImageFile

from bot.media import kinds
from bot.media.colour_spaces import VIDEO_TRANSFERS, CodePoints, Colour
from bot.media.gif_blocks import on_clear_canvas
from bot.media.jpeg_segments import Jpeg, read_jpeg
from bot.media.kinds import Kind
from bot.media.png_chunks import read_png

# Pillow tries only the decoder for the kind that the signature names.
_DECODERS: Final = {
    kinds.JPEG: "JPEG",
    kinds.PNG: "PNG",
    kinds.GIF: "GIF",
    kinds.WEBP: "WEBP",
    kinds.BMP: "BMP",
    kinds.TIFF: "TIFF",
    kinds.AVIF: "AVIF",
}
_EXIF_ORIENTATION: Final = 0x0112
_EXIF_START: Final = b"Exif\0\0"
_BYTE_ORDERS: Final = {b"II": "<", b"MM": ">"}
_SHORT: Final = 3
_UPRIGHT: Final = 1
# Pillow turns TIFF by itself. Browsers show WebP as it is stored, whatever its EXIF says.
_NEVER_TURNED: Final = frozenset({kinds.TIFF, kinds.WEBP})
_ORIENTATIONS: Final = range(1, 9)
_SRGB_TRANSFER: Final = 13
_DERIVED_MATRIX: Final = 12  # ITU-T H.273: follows from the primaries


@dataclass(frozen=True, slots=True)
class Source:
    """A picture's file without what no decoder needs, and what its parts say.

    `plain`: the file as it came holds nothing but a JPEG or PNG that needs no change, apart from
    its colours. `jpeg`: what a JPEG is made of. `first_frame`: those before it are not shown.
    `still`: the picture alone, to fall back on where its animation is broken. `otherwise`: a second
    file, which shows the same if the picture is whole. `key` and `depth`: see
    `bot.media.png_chunks`.
    """

    kind: Kind
    data: bytes
    plain: bool = False
    jpeg: Jpeg | None = None
    first_frame: int = 0
    still: bytes = b""
    otherwise: bytes = b""
    colour: Colour = None
    exif: bytes = b""
    key: tuple[int, ...] = ()
    depth: int = 8


def source_of(data: bytes, kind: Kind) -> Source:
    """The file in `data`; raises ValueError if it does not even begin as its kind."""
    if kind is kinds.PNG:
        png = read_png(data)
        return Source(
            kind,
            png.data,
            plain=png.plain,
            still=png.still,
            colour=png.colour,
            exif=png.exif,
            key=png.key,
            depth=png.depth,
        )
    if kind is kinds.JPEG:
        jpeg = read_jpeg(data)
        if not jpeg.has_every_scan:
            raise ValueError("cut off")
        otherwise = b"" if jpeg.had_end else jpeg.otherwise
        return Source(kind, jpeg.data, plain=jpeg.plain, jpeg=jpeg, otherwise=otherwise)
    if kind is kinds.GIF:
        cleared = on_clear_canvas(data)
        return Source(kind, cleared, first_frame=int(cleared is not data))
    return Source(kind, data)


def opened(data: bytes, kind: Kind) -> ImageFile.ImageFile:
    """The image with its header parsed and no pixel decoded."""
    pillow_limit = Image.MAX_IMAGE_PIXELS
    Image.MAX_IMAGE_PIXELS = None  # it would raise before the size is known to be checked
    try:
        if kind is kinds.HEIC:
            heif: ImageFile.ImageFile = HeifImageFile(io.BytesIO(data))  # type: ignore[no-untyped-call] # as published
            return heif
        return Image.open(io.BytesIO(data), formats=(_DECODERS[kind],))
    finally:
        Image.MAX_IMAGE_PIXELS = pillow_limit


def first_frame_of(image: Image.Image, source: Source) -> int:
    """The number of the first frame that belongs to the animation.

    An animated PNG may begin with a picture for programs that know no animation.
    """
    return 1 if getattr(image, "default_image", False) else source.first_frame


def low_bytes_of(source: Source) -> Image.Image:
    """The less significant bytes of a PNG of 16 bits, where Pillow loads the other ones."""
    image = opened(source.data, source.kind)
    image.tile = [tile._replace(args="RGB;16L") for tile in image.tile]  # PNG itself is 16B
    image.load()
    return image


def orientation_of(image: Image.Image, source: Source) -> int:
    """The EXIF orientation, 1 to 8; XMP, which Pillow would believe as well, is not asked."""
    if source.kind in _NEVER_TURNED:
        return _UPRIGHT
    exif = source.exif or image.info.get("exif") or b""
    value = _UPRIGHT
    with suppress(
        struct.error, KeyError
    ):  # EXIF is written by anything; a broken one turns nothing
        value = _written_orientation(exif.removeprefix(_EXIF_START))
    return value if value in _ORIENTATIONS else _UPRIGHT


def _written_orientation(tiff: bytes) -> int:
    """What the first directory says, as one SHORT; another type is not heard, as in Chromium.

    EXIF 3.0, 4.6.2: a header with the order of bytes, then entries of 12 bytes.
    """
    order = _BYTE_ORDERS[tiff[:2]]
    (directory,) = struct.unpack_from(f"{order}I", tiff, 4)
    (entries,) = struct.unpack_from(f"{order}H", tiff, directory)
    for at in range(directory + 2, directory + 2 + entries * 12, 12):
        tag, kind, count, value = struct.unpack_from(f"{order}HHIH", tiff, at)
        if (tag, kind, count) == (_EXIF_ORIENTATION, _SHORT, 1):
            return int(value)
    return _UPRIGHT


def colour_of(image: Image.Image, source: Source) -> Colour:
    """How the file describes its colours."""
    if source.kind is kinds.PNG:
        return source.colour
    profile = image.info.get("icc_profile")
    if isinstance(profile, bytes) and profile:
        return profile
    said = image.info
    if source.kind is kinds.AVIF:  # Pillow does not tell; libheif reads it without decoding
        with suppress(OSError, ValueError, SyntaxError, RuntimeError, EOFError):
            said = HeifFile(io.BytesIO(source.data)).info  # type: ignore[no-untyped-call] # as published
    nclx = said.get("nclx_profile")
    if not isinstance(nclx, dict):
        return None
    if source.kind is kinds.AVIF and nclx.get("matrix_coefficients") == _DERIVED_MATRIX:
        return None  # Chromium cannot follow it, and shows the numbers as they are
    transfer = nclx["transfer_characteristics"]
    # Stills are named so by habit and are made for sRGB; so Chromium shows them.
    is_video = transfer in VIDEO_TRANSFERS
    return CodePoints(
        nclx["color_primaries"], _SRGB_TRANSFER if is_video else transfer, _peak_nits(said)
    )


def _peak_nits(said: dict[Any, Any]) -> float:
    level = said.get("content_light_level") or {}
    mastered = said.get("mastering_display_colour_volume") or {}
    brightest = level.get("max_content_light_level") or 0
    mastered_for = mastered.get("max_display_mastering_luminance") or 0  # in 0.0001 cd/m²
    return float(brightest or mastered_for / 10_000)
