"""Sizes in pixels that follow from a ratio and a resolution, or from a mode and an image."""

import math

PICTURE_SIDE_PX = {"1k": 1024, "2k": 2048, "4k": 4096, "8k": 8192}
LARGEST = "8k"
"""Its longer side is that long, so that a painting has room in memory."""
# As large as the live service's 720p, so that a clip can be edited; above that smaller than they
# are there, to encode in a second or two.
CLIP_SHORT_SIDE_PX = {"std": 720, "pro": 810, "4k": 1080}
CLIP_MAX_SIDE_PX = 2160


def sides_of(ratio: str) -> tuple[int, int]:
    """Return the two numbers of a ratio as Kling writes it: `16:9`."""
    across, down = ratio.split(":")
    return int(across), int(down)


def picture_size(ratio: str, resolution: str) -> tuple[int, int]:
    """Return width and height of exactly `ratio` with about the area of the square.

    At 8k the longer side is that of the square.
    """
    across, down = sides_of(ratio)
    longest = math.sqrt(across * down) if resolution != LARGEST else max(across, down)
    unit = round(PICTURE_SIDE_PX[resolution] / longest)
    return across * unit, down * unit


def picture_like(source: tuple[int, int], resolution: str) -> tuple[int, int]:
    """Return width and height of the source's ratio with about the area of the square.

    At 8k the longer side is that of the square.
    """
    longest = math.sqrt(source[0] * source[1]) if resolution != LARGEST else max(source)
    scale = PICTURE_SIDE_PX[resolution] / longest
    return round(source[0] * scale), round(source[1] * scale)


def clip_size(ratio: tuple[int, int], mode: str) -> tuple[int, int]:
    """Return even width and height of about `ratio` whose short side is that of the mode."""
    short, long = sorted(ratio)
    side = CLIP_SHORT_SIDE_PX[mode]
    other = min(2 * round(side * long / short / 2), CLIP_MAX_SIDE_PX)
    return (other, side) if ratio[0] >= ratio[1] else (side, other)
