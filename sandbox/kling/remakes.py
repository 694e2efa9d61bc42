"""Clips made from other clips: the given frames, changed so that both clip and words are seen."""

import io
import itertools
from collections.abc import Iterator

import av
from av.video.frame import VideoFrame
from PIL import Image, ImageOps

from sandbox.kling import sounds
from sandbox.kling.clips import FPS, encode, melody_of
from sandbox.kling.orders import Remake
from sandbox.kling.pictures import lettering, shown

IMAGE_SHARE = 4
"""Images stand in a row along the upper edge, each as wide as this part of the frame."""


def remake(order: Remake, every: int = 1) -> bytes:
    """Return the MP4: an edit shows the clip itself, a new clip shows it mirrored, over and over.

    Images are in the upper edge, in order; at the lower one is the prompt with its ribbon. For a
    hurry, the first of `every` so many frames is drawn and stands for all of them.
    """
    count = round(order.ms * FPS / 1000)
    track = None
    if order.sound == "native":
        track = melody_of(order.prompt, count / FPS)
    elif order.sound == "original":
        track = sounds.decode(order.clip) or None
    return encode(_frames(order, count, every), order.size, track)


def _frames(order: Remake, count: int, every: int) -> Iterator[Image.Image]:
    width, height = order.size
    overlay = lettering(order.size, order.prompt)
    small = (width // IMAGE_SHARE, height // IMAGE_SHARE)
    for number, content in enumerate(order.images[:IMAGE_SHARE]):
        with Image.open(io.BytesIO(content)) as image:
            overlay.paste(shown(image, small), (number * small[0], 0))
    box = overlay.getbbox() or (0, 0, *order.size)
    marks = overlay.crop(box)
    for frame in itertools.islice(_endless(order, every), count):
        frame.paste(marks, box, marks)
        yield frame


def _endless(order: Remake, every: int) -> Iterator[Image.Image]:
    while True:
        with av.open(io.BytesIO(order.clip), "r") as container:
            for number, decoded in enumerate(container.decode(video=0)):
                if number % every == 0:
                    frame = _filling(decoded, order.size)
                    drawn = frame if order.edits else ImageOps.mirror(frame)
                yield drawn


def _filling(frame: VideoFrame, size: tuple[int, int]) -> Image.Image:
    """Return the middle of a frame, as large as fills `size`."""
    scale = max(size[0] / frame.width, size[1] / frame.height)
    width, height = (
        max(side, round(own * scale))
        for side, own in zip(size, (frame.width, frame.height), strict=True)
    )
    image = _image(frame.reformat(width, height))
    left, top = (width - size[0]) // 2, (height - size[1]) // 2
    return image.crop((left, top, left + size[0], top + size[1]))


def _image(frame: VideoFrame) -> Image.Image:
    # PyAV leaves the functions that speak Pillow without types.
    image: Image.Image = frame.to_image()  # type: ignore[no-untyped-call]
    return image
