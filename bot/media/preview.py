"""A smaller copy of a large image that Kling made, for a message. Runs in a media worker.

`bot.media.images` takes what members attach apart and keeps it whole in memory several times; of an
8k image there is only room for one copy.
"""

import warnings
from pathlib import Path
from typing import Final

from PIL import Image

from bot.errors import MediaRefused
from bot.media.image_encoding import SIDE_MAX_PX, encoded, resized, within
from bot.media.image_layers import flattened

FORMATS: Final = ("PNG", "JPEG", "WEBP")
PIXELS_MAX: Final = 150_000_000
"""An 8k image has at most 67 million; a decoder takes four bytes for each."""
NAME: Final = "preview-{stem}.jpg"


def preview(path: Path, folder: Path, max_bytes: int) -> Path:
    """Write the image at `path` into the folder as a JPEG of at most `max_bytes`; return its path.

    Raises MediaRefused: `picture_unreadable`, `picture_bomb` (megapixels, max).
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's own limit on bombs; ours is checked here
            with Image.open(path, formats=FORMATS) as image:
                data = _written(image, max_bytes)
    except (MediaRefused, MemoryError):
        raise
    except Exception as error:
        raise MediaRefused("picture_unreadable") from error
    written = folder / NAME.format(stem=path.stem)
    written.write_bytes(data)
    return written


def _written(image: Image.Image, max_bytes: int) -> bytes:
    if image.width * image.height > PIXELS_MAX:
        million = 1_000_000
        facts = {"megapixels": image.width * image.height // million, "max": PIXELS_MAX // million}
        raise MediaRefused("picture_bomb", **facts)
    size = within(image.size, SIDE_MAX_PX)
    image.draft("RGB", size)
    factor = max(image.size) // max(size)
    small = image.reduce(factor) if factor > 1 else image
    flat = flattened(resized(small.convert("RGBA" if small.has_transparency_data else "RGB"), size))
    return encoded(flat, max_bytes, lossless=False)[0]
