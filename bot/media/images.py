"""Turns any image that a member attached into one that Kling accepts. Runs in a media worker."""

import io
import math
import warnings
from dataclasses import dataclass, replace
from typing import Literal

from PIL import Image, ImageCms
from pillow_heif import HeifImageFile

from bot.domain.limits import PICTURE_RATIO_MAX, PICTURE_SIDE_MIN_PX
from bot.errors import MediaRefused
from bot.media import kinds
from bot.media.kinds import Kind, kind_of

# Kling's API documentation, 2026: .jpg .jpeg .png, at most 10 MB, sides of at least 300 px, ratio
# between 1:2.5 and 2.5:1. It names no maximum side; Kling does not use more pixels than this.
PICTURE_MAX_BYTES = 10_000_000
SIDE_MAX_PX = 4096

# The most pixels of a kind that its decoder opens within a worker's memory (`bot.media.pool`),
# whatever the colours; measured with Pillow 13: WebP takes 21 bytes a pixel, AVIF 16, others 12.
BOMB_PIXELS = 80_000_000
BOMB_PIXELS_OF = {
    kinds.JPEG: 200_000_000,  # what telephones take; decoded at a half or less
    kinds.WEBP: 45_000_000,
    kinds.AVIF: 60_000_000,
}
LOSSLESS_MAX_PIXELS = 4_000_000  # above, PNG is slow to write and seldom small enough
JPEG_QUALITIES = (95, 90, 85)
SHRINK_STEP = 0.9  # slightly more than the sizes alone require
BACKGROUND = "white"  # what shows through transparency

_EXIF_ORIENTATION = 0x0112
_SIDEWAYS = range(5, 9)  # EXIF orientations that swap width and height
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_JPEG_END = b"\xff\xd9"
_PNG_PLAIN_CHUNKS = frozenset(
    {b"IHDR", b"IDAT", b"IEND", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"pHYs", b"sBIT"}
)
_PNG_PLAIN_LAYOUTS = frozenset({b"\x08\x00", b"\x08\x02"})  # 8 bits, grey or colour
_LOSSLESS = frozenset({kinds.PNG, kinds.GIF, kinds.BMP})
# Pillow tries only the decoder for the kind that the signature names.
_DECODERS = {
    kinds.JPEG: "JPEG",
    kinds.PNG: "PNG",
    kinds.GIF: "GIF",
    kinds.WEBP: "WEBP",
    kinds.BMP: "BMP",
    kinds.TIFF: "TIFF",
    kinds.AVIF: "AVIF",
}

Change = Literal["converted", "turned", "first_frame", "flattened", "shrunk", "cleaned"]


@dataclass(frozen=True, slots=True)
class Picture:
    """A JPEG or PNG within Kling's limits, upright, without metadata.

    `changed` says what was done to it, in order: `first_frame` of several, `turned` upright,
    `converted` from another format or colour mode, `flattened` onto white, `shrunk`; `cleaned`
    when nothing but metadata was taken off. Empty: the bytes are the member's own. `source_pixels`
    is how many the picture had when it came.
    """

    data: bytes
    media_type: str
    width: int
    height: int
    changed: tuple[Change, ...]
    source_pixels: int = 0


def prepare_picture(data: bytes, max_bytes: int = PICTURE_MAX_BYTES) -> Picture:
    """The image in `data` in the form that Kling accepts, at most `max_bytes` large.

    Raises MediaRefused: `picture_unreadable`, `picture_bomb` (megapixels, max), `picture_too_small`
    (width, height, min), `picture_ratio` (width, height, max_ratio).
    """
    kind = kind_of(data)
    if kind is None or not kind.is_picture:
        raise MediaRefused("picture_unreadable")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's own limit on bombs; ours is below it
            with _open(data, kind) as image:
                _check_size(image, kind)
                width, height = image.size
                prepared = _prepare(image, data, kind, max_bytes)
                return replace(prepared, source_pixels=width * height)
    except (MediaRefused, MemoryError):
        raise
    except Exception as error:
        # Decoders raise all kinds of exceptions: OSError, ValueError, SyntaxError …
        raise MediaRefused("picture_unreadable") from error


def _open(data: bytes, kind: Kind) -> Image.Image:
    """The image with its header parsed and no pixel decoded."""
    pillow_limit = Image.MAX_IMAGE_PIXELS
    Image.MAX_IMAGE_PIXELS = None  # it would raise before the size is known; `_check_size` is next
    try:
        if kind is kinds.HEIC:
            return HeifImageFile(io.BytesIO(data))  # type: ignore[no-untyped-call] # as published
        return Image.open(io.BytesIO(data), formats=(_DECODERS[kind],))
    finally:
        Image.MAX_IMAGE_PIXELS = pillow_limit


def _orientation(image: Image.Image) -> int:
    if image.format == "TIFF":  # the one kind that Pillow turns by itself
        return 1
    value = image.getexif().get(_EXIF_ORIENTATION, 1)
    return value if value in _UPRIGHT else 1


def _check_size(image: Image.Image, kind: Kind) -> None:
    width, height = image.size
    most_pixels = BOMB_PIXELS_OF.get(kind, BOMB_PIXELS)
    if width * height > most_pixels:
        million = 1_000_000
        megapixels = round(width * height / million)
        raise MediaRefused("picture_bomb", megapixels=megapixels, max=most_pixels // million)
    if _orientation(image) in _SIDEWAYS:
        width, height = height, width
    if min(width, height) < PICTURE_SIDE_MIN_PX:
        raise MediaRefused("picture_too_small", width=width, height=height, min=PICTURE_SIDE_MIN_PX)
    if max(width, height) > PICTURE_RATIO_MAX * min(width, height):
        raise MediaRefused("picture_ratio", width=width, height=height, max_ratio=PICTURE_RATIO_MAX)


def _prepare(image: Image.Image, data: bytes, kind: Kind, max_bytes: int) -> Picture:
    fits = len(data) <= max_bytes and max(image.size) <= SIDE_MAX_PX
    orientation = _orientation(image)
    if fits and orientation == 1 and _is_plain(image, data):
        image.load()  # A header that promises more than the file holds is detected here.
        return Picture(data, kind.media_type, *image.size, ())
    animated = getattr(image, "is_animated", False) and kind not in {kinds.JPEG, kinds.HEIC}
    converted = _is_converted(image, kind)
    original_size = image.size
    if kind is kinds.JPEG:  # libjpeg decodes at a half, a quarter or an eighth in less memory
        image.draft(image.mode, _within(image.size, SIDE_MAX_PX))
    image.load()
    if fits and orientation == 1 and not converted and image.format == "JPEG":
        encoded = _same_jpeg(image)
        if len(encoded) <= max_bytes:
            return Picture(encoded, kinds.JPEG.media_type, *image.size, ("cleaned",))
    # Scale down first: then the following steps need little memory, however large the image is.
    eight_bits = _eight_bits(image)
    small = _resized(eight_bits, _within(eight_bits.size, SIDE_MAX_PX))
    upright = small.transpose(_UPRIGHT[orientation]) if orientation != 1 else small
    flat = _flat(_in_srgb(upright))
    data, media_type, final = _encode(flat, max_bytes, lossless=kind in _LOSSLESS)
    changes: dict[Change, bool] = {
        "first_frame": animated,
        "turned": orientation != 1,
        "converted": converted,
        "flattened": upright.has_transparency_data,
        "shrunk": max(final.size) < max(original_size),
    }
    changed = tuple(change for change, happened in changes.items() if happened) or ("cleaned",)
    return Picture(data, media_type, *final.size, changed)


def _is_converted(image: Image.Image, kind: Kind) -> bool:
    if kind is kinds.JPEG:
        return image.mode not in {"RGB", "L"}
    return kind is not kinds.PNG or image.mode not in {"RGB", "L", "RGBA", "LA", "P", "1"}


def _is_plain(image: Image.Image, data: bytes) -> bool:
    """Whether the file contains only the image, so that its bytes can be used unchanged."""
    if image.format == "PNG":
        return _is_plain_png(data)
    if image.format != "JPEG" or image.mode not in {"RGB", "L"}:
        return False
    segments: list[tuple[str, bytes]] = getattr(image, "applist", [])
    return data.find(_JPEG_END) == len(data) - len(_JPEG_END) and all(
        name in {"APP0", "APP14"} or (name == "APP2" and content.startswith(b"ICC_PROFILE\0"))
        for name, content in segments
    )


def _is_plain_png(data: bytes) -> bool:
    """No text, EXIF, time, animation or transparency, and nothing after the end."""
    at, name = 8, b""
    while at + 12 <= len(data):
        length, name = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        if name not in _PNG_PLAIN_CHUNKS:
            return False
        if name == b"IHDR" and data[at + 16 : at + 18] not in _PNG_PLAIN_LAYOUTS:
            return False
        at += 12 + length
    return name == b"IEND" and at == len(data)


def _same_jpeg(image: Image.Image) -> bytes:
    """The same image with its own quantisation tables, which loses almost nothing."""
    profile = image.info.get("icc_profile")
    image.info.clear()  # Pillow would write the comment again
    out = io.BytesIO()
    image.save(out, "JPEG", quality="keep", icc_profile=profile)
    return out.getvalue()


def _eight_bits(image: Image.Image) -> Image.Image:
    """A copy whose samples are bytes, not palette indices."""
    if image.mode in {"P", "PA", "1"}:
        return image.convert("RGBA" if image.has_transparency_data else "RGB")
    if image.mode.startswith("I;16"):
        return image.convert("I").point(lambda sample: sample * (1 / 256)).convert("L")
    if image.mode in {"I", "F"}:
        low, high = (float(value) for value in image.getextrema())  # type: ignore[arg-type] # one band
        if not (math.isfinite(low) and math.isfinite(high)):
            raise MediaRefused("picture_unreadable")
        scale = 255 / ((high - low) or 1)
        return image.point(lambda sample: sample * scale - low * scale).convert("L")
    return image


def _in_srgb(image: Image.Image) -> Image.Image:
    """The colours as a screen shows them, if the file declares its colour space."""
    profile = image.info.get("icc_profile")
    if not profile or image.mode not in {"RGB", "CMYK"}:
        return image
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        target = ImageCms.createProfile("sRGB")
        converted = ImageCms.profileToProfile(image, source, target, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image  # a broken profile is no reason to refuse the picture
    return converted or image


def _flat(image: Image.Image) -> Image.Image:
    """RGB without transparency and metadata."""
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        flat = Image.new("RGB", layer.size, BACKGROUND)
        flat.paste(layer, mask=layer.getchannel("A"))
    else:
        flat = image.convert("RGB")
    flat.info.clear()
    return flat


def _encode(
    image: Image.Image, max_bytes: int, *, lossless: bool
) -> tuple[bytes, str, Image.Image]:
    """The best encoding that fits: PNG if the source was lossless, then good JPEG, then smaller."""
    out = io.BytesIO()
    if lossless and image.width * image.height <= LOSSLESS_MAX_PIXELS:
        image.save(out, "PNG")
        if out.tell() <= max_bytes:
            return out.getvalue(), kinds.PNG.media_type, image
    while True:
        for quality in JPEG_QUALITIES:
            out = io.BytesIO()
            image.save(out, "JPEG", quality=quality)
            if out.tell() <= max_bytes:
                return out.getvalue(), kinds.JPEG.media_type, image
        factor = math.sqrt(max_bytes / out.tell()) * SHRINK_STEP
        smaller = _within(image.size, math.floor(max(image.size) * factor))
        if smaller == image.size:
            raise MediaRefused(
                "picture_unreadable"
            )  # noise at the minimum size that is still too large
        image = _resized(image, smaller)


def _within(size: tuple[int, int], side_px: int) -> tuple[int, int]:
    """`size` scaled down until its longer side is `side_px`; the shorter one keeps Kling's minimum.

    In whole numbers, with the shorter side rounded up: an image of exactly 2.5:1 must not get
    longer.
    """
    longer, shorter = max(size), min(size)
    if longer <= side_px:
        return size
    new_shorter = min(shorter, max(PICTURE_SIDE_MIN_PX, -(-shorter * side_px // longer)))
    new_longer = longer * new_shorter // shorter
    if new_shorter > PICTURE_SIDE_MIN_PX:
        new_longer = min(new_longer, side_px)
    return (new_longer, new_shorter) if size[0] == longer else (new_shorter, new_longer)


def _resized(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    if size == image.size:
        return image
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
