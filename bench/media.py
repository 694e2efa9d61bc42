"""The local Kling's results in place of drawings: cheap to make, real to open."""

import io
from typing import Final

from PIL import Image

from sandbox.kling.clips import FPS, encode

LARGE_CLIP_BYTES: Final = 100_000_000
CLIP_SIZE: Final = (640, 360)
CLIP_S: Final = 2
PICTURE_SIDE_PX: Final = 512
BOX_HEAD_BYTES: Final = 8


def small_picture() -> bytes:
    """Return a PNG of a few kilobytes."""
    made = io.BytesIO()
    Image.new("RGB", (PICTURE_SIDE_PX, PICTURE_SIDE_PX), "teal").save(made, "PNG")
    return made.getvalue()


def clip(size_bytes: int = 0) -> bytes:
    """Return an H.264 MP4 of two seconds, in exactly `size_bytes` if that is more than it needs.

    The rest is a `free` box at the end, which every reader skips (ISO/IEC 14496-12).
    """
    frames = [Image.new("RGB", CLIP_SIZE, (n * 5 % 256, 90, 140)) for n in range(CLIP_S * FPS)]
    made = encode(frames, CLIP_SIZE)
    missing = size_bytes - len(made)
    if missing < BOX_HEAD_BYTES:
        return made
    return made + missing.to_bytes(4, "big") + b"free" + bytes(missing - BOX_HEAD_BYTES)
