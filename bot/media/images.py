"""Turns any image that a member attached into one that Kling accepts. Runs in a media worker."""

import warnings
from dataclasses import replace

from PIL import Image

from bot.domain.limits import PICTURE_RATIO_MAX, PICTURE_SIDE_MIN_PX
from bot.errors import MediaRefused
from bot.media import kinds
from bot.media.image_colours import Conversion, conversion, in_srgb
from bot.media.image_depths import eight_bits, keyed, low_matching
from bot.media.image_encoding import SIDE_MAX_PX, encoded, resized, within
from bot.media.image_frames import first_shown, frames_of
from bot.media.image_layers import differ, flattened, is_transparent
from bot.media.image_source import (
    Source,
    colour_of,
    first_frame_of,
    low_bytes_of,
    opened,
    orientation_of,
    source_of,
)
from bot.media.kinds import Kind, kind_of
from bot.media.products import PICTURE_MAX_BYTES, Picture, PictureChange
from bot.media.raw_photos import is_raw_photo

# The most pixels of a kind that its decoder opens within a worker's memory (`bot.media.pool`),
# whatever the colours; measured with Pillow 13: WebP takes 21 bytes a pixel, AVIF 16, others 12.
BOMB_PIXELS = 80_000_000
BOMB_PIXELS_OF = {
    kinds.JPEG: 200_000_000,  # what telephones take; decoded at a half or less
    kinds.WEBP: 45_000_000,
    kinds.AVIF: 60_000_000,
}

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
_LOSSLESS = frozenset({kinds.PNG, kinds.GIF, kinds.BMP})
_ANIMATED = frozenset({kinds.PNG, kinds.GIF, kinds.WEBP, kinds.AVIF})
_NO_READER = frozenset({kinds.JXL, kinds.RAW, kinds.PSD, kinds.ICO, kinds.JP2})
_KEPT_MODES = {
    kinds.JPEG: frozenset({"RGB", "L"}),
    kinds.PNG: frozenset({"RGB", "L", "RGBA", "LA", "P", "1"}),
}


def prepare_picture(data: bytes, max_bytes: int = PICTURE_MAX_BYTES) -> Picture:
    """The image in `data` in the form that Kling accepts, at most `max_bytes` large.

    Raises MediaRefused: `picture_unreadable`, `picture_format` (format), `picture_bomb`
    (megapixels, max), `picture_too_small` (width, height, min), `picture_ratio` (width, height,
    max_ratio).
    """
    kind = kind_of(data)
    if kind is None or not kind.is_picture:
        raise MediaRefused("picture_unreadable")
    if kind is kinds.TIFF and is_raw_photo(data):
        kind = kinds.RAW
    if kind in _NO_READER:
        raise MediaRefused("picture_format", format=kind.title)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's own limit on bombs; ours is below it
            source = source_of(data, kind)
            try:
                return _prepared(source, data, max_bytes)
            except (OSError, ValueError, SyntaxError, IndexError):
                if not source.still:
                    raise
                return _prepared(replace(source, data=source.still), data, max_bytes)
    except (MediaRefused, MemoryError):
        raise
    except Exception as error:
        # Decoders raise all kinds of exceptions: OSError, ValueError, SyntaxError …
        raise MediaRefused("picture_unreadable") from error


def _prepared(source: Source, data: bytes, max_bytes: int) -> Picture:
    with opened(source.data, source.kind) as image:
        orientation = orientation_of(image, source)
        _check_size(image, source.kind, orientation)
        width, height = image.size
        prepared = _prepare(image, source, data, orientation, max_bytes)
        return replace(prepared, source_pixels=width * height)


def _check_size(image: Image.Image, kind: Kind, orientation: int) -> None:
    width, height = image.size
    most_pixels = BOMB_PIXELS_OF.get(kind, BOMB_PIXELS)
    if width * height > most_pixels:
        million = 1_000_000
        megapixels = round(width * height / million)
        raise MediaRefused("picture_bomb", megapixels=megapixels, max=most_pixels // million)
    if orientation in _SIDEWAYS:
        width, height = height, width
    if min(width, height) < PICTURE_SIDE_MIN_PX:
        raise MediaRefused("picture_too_small", width=width, height=height, min=PICTURE_SIDE_MIN_PX)
    if max(width, height) > PICTURE_RATIO_MAX * min(width, height):
        raise MediaRefused("picture_ratio", width=width, height=height, max_ratio=PICTURE_RATIO_MAX)


def _prepare(
    image: Image.Image, source: Source, data: bytes, orientation: int, max_bytes: int
) -> Picture:
    kind, original_size = source.kind, image.size
    fits = len(data) <= max_bytes and max(image.size) <= SIDE_MAX_PX
    is_kept_mode = image.mode in _KEPT_MODES.get(kind, ())
    first = first_frame_of(image, source)
    frames = frames_of(image)
    convert = conversion(colour_of(image, source), _colours_of(image))
    as_it_is = fits and orientation == 1 and convert is None and is_kept_mode
    if as_it_is and source.plain:
        image.load()  # A header that promises more than the file holds is detected here.
        if _is_picture_to_its_end(image, source):
            return Picture(data, kind.media_type, *image.size, ())
    low_match = _low_match(source)  # first, since both halves at once would not fit into memory
    image, number = _loaded(image, source, first, frames)
    bare = source.jpeg.bare if source.jpeg else b""
    if as_it_is and 0 < len(bare) <= max_bytes and _is_picture_to_its_end(image, source):
        return Picture(bare, kinds.JPEG.media_type, *image.size, ("cleaned",))
    upright, transparent = _upright(image, source, low_match, orientation, convert)
    flat = flattened(upright)
    flat.info.clear()
    written, media_type, final = encoded(flat, max_bytes, lossless=kind in _LOSSLESS)
    changes: dict[PictureChange, bool] = {
        "first_frame": number == first and kind in _ANIMATED and frames - first > 1,
        "later_frame": number > first,
        "turned": orientation != 1,
        "converted": convert is not None or not is_kept_mode,
        "flattened": transparent,
        "shrunk": max(final.size) < max(original_size),
    }
    changed = tuple(change for change, happened in changes.items() if happened) or ("cleaned",)
    return Picture(written, media_type, *final.size, changed)


def _loaded(image: Image.Image, source: Source, first: int, frames: int) -> tuple[Image.Image, int]:
    """The picture with what is to be shown decoded, and the number of that frame."""
    if source.kind in _ANIMATED and frames > 1:
        return first_shown(image, lambda: opened(source.data, source.kind), first, frames)
    if (
        source.kind is kinds.JPEG
    ):  # libjpeg decodes at a half, a quarter or an eighth in less memory
        image.draft(image.mode, within(image.size, SIDE_MAX_PX))
    image.load()
    if source.otherwise:
        with opened(source.otherwise, source.kind) as other:
            other.draft(other.mode, within(other.size, SIDE_MAX_PX))
            if differ(image, other):  # what follows the last byte is seen: more should have come
                raise MediaRefused("picture_unreadable")
    return image, first


def _is_picture_to_its_end(image: Image.Image, source: Source) -> bool:
    """Whether nothing is hidden behind the last scan of a JPEG: with another end it looks other."""
    looks_same = False
    for data in source.jpeg.broken_off() if source.jpeg else ():
        with opened(data, source.kind) as other:
            if differ(image, other):
                return True
        looks_same = True
    return not looks_same


def _low_match(source: Source) -> Image.Image | None:
    if source.depth <= 8 or len(source.key) == 1 or not source.key:  # noqa: PLR2004 - bits of a byte
        return None
    with low_bytes_of(source) as low_bytes:
        return low_matching(low_bytes, source.key)


def _upright(
    image: Image.Image,
    source: Source,
    low_match: Image.Image | None,
    orientation: int,
    convert: Conversion | None,
) -> tuple[Image.Image, bool]:
    """The picture in bytes of sRGB, upright, no larger than it has to be; and if it is transparent.

    Scaled down first: then the following steps need little memory, however large the image is.
    """
    key, depth = source.key, source.depth
    samples = keyed(image, key, depth, low_match) if key else eight_bits(image)
    small = resized(samples, within(samples.size, SIDE_MAX_PX))
    transparent = is_transparent(small)
    upright = small.transpose(_UPRIGHT[orientation]) if orientation in _UPRIGHT else small
    return (in_srgb(upright, convert) if convert is not None else upright), transparent


def _colours_of(image: Image.Image) -> str:
    """The mode that its colours will have once its samples are bytes, without alpha."""
    if image.mode in {"L", "LA", "La"} or image.mode.startswith(("I", "F")):
        return "L"
    return image.mode if image.mode in {"CMYK", "LAB"} else "RGB"
