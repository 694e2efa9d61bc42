"""The seam between videos as the local Kling draws them, each from the last frame before it."""

from collections.abc import Iterator
from pathlib import Path

import av
import pytest
from PIL import Image, ImageChops, ImageStat

from bot.media.joining import join
from bot.media.last_frame import last_frame
from sandbox.kling.clips import draw_clip
from sandbox.kling.orders import ClipDrawing

SIDE_PX = 48
ALIKE_MAX = 6.0
"""How far a frame may be from itself, of 255, after it was encoded once more."""
SEAMS = (
    ("a boat", "it sails on", (320, 320), False, False),
    ("a fox in the snow", "it runs", (426, 240), True, True),
    ("neon city", "it rains", (240, 426), True, False),
    ("a lantern", "it floats away", (640, 360), False, True),
    ("a whale", "it dives", (360, 640), False, False),
    ("a desert at noon", "a storm comes", (322, 242), True, True),
    ("bamboo", "wind", (318, 562), False, False),
    ("a train", "a tunnel", (560, 240), True, True),
    ("a robot", "it bows", (300, 304), False, True),
    ("ice", "it melts", (480, 270), True, False),
)
SAMPLED = 1


def thumbnails(path: Path) -> Iterator[Image.Image]:
    with av.open(str(path)) as file:
        for frame in file.decode(video=0):
            image: Image.Image = frame.to_image()  # type: ignore[no-untyped-call] # PyAV
            yield image.resize((SIDE_PX, SIDE_PX), Image.Resampling.BOX)


def apart(one: Image.Image, other: Image.Image) -> float:
    """How far two pictures are from each other, of 255."""
    return max(ImageStat.Stat(ImageChops.difference(one, other)).mean)


@pytest.mark.parametrize(
    ("words", "more", "size", "heard_before", "heard_after"),
    [
        pytest.param(*seam, id=seam[0], marks=() if number < SAMPLED else pytest.mark.sweep)
        for number, seam in enumerate(SEAMS)
    ],
)
def test_a_video_and_the_one_after_it_are_one(
    words: str,
    more: str,
    size: tuple[int, int],
    *,
    heard_before: bool,
    heard_after: bool,
    tmp_path: Path,
) -> None:
    """Every frame of both in order, but for the one that both have; nothing jumps at the seam.

    Some are as small as a video that had to fit a message: their frame is enlarged for Kling.
    """
    before, after = tmp_path / "before", tmp_path / "after"
    before.write_bytes(draw_clip(ClipDrawing(words, size, 1, sound=heard_before)))
    cut = last_frame(before)
    after.write_bytes(draw_clip(ClipDrawing(more, size, 1, first=cut.data, sound=heard_after)))
    joined = list(thumbnails(join((before, after), tmp_path)))
    first, second = list(thumbnails(before)), list(thumbnails(after))
    wanted = [*first, *second[1:]]
    assert len(joined) == len(first) + len(second) - 1 == 49
    far = [apart(one, other) for one, other in zip(joined, wanted, strict=True)]
    assert max(far) < ALIKE_MAX
