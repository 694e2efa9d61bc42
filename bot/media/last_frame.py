"""The last frame of a video, as an image that Kling accepts. Runs in a media worker."""

import io
import math
from pathlib import Path

from av.video.frame import VideoFrame
from PIL import Image

from bot.domain.limits import PICTURE_SIDE_MIN_PX
from bot.errors import MediaRefused
from bot.media.images import prepare_picture
from bot.media.products import Cut
from bot.media.screen import Screen
from bot.media.video import UNREADABLE, frames_of, opened

PNG_EFFORT = 3  # of 9; the file is read once


def last_frame(path: Path) -> Cut:
    """The frame that a player shows at the end, upright, and when that is.

    It is exact as long as a PNG of it is within Kling's limits. A video that was made small to fit
    a message is enlarged to what Kling takes. Raises MediaRefused: `clip_unreadable`,
    `picture_ratio`.
    """
    with opened(path) as (container, stream):
        screen, last = Screen(stream), None
        begins_s: float | None = None
        for frame in frames_of(container, stream):
            if begins_s is None:
                begins_s = frame.time or 0.0
                screen.size(frame)  # what turns the track is read off its first frame
            last = frame
        if last is None:
            raise MediaRefused(UNREADABLE)
        sides = screen.size(last)
        scale = max(1.0, PICTURE_SIDE_MIN_PX / min(sides))
        width, height = (math.ceil(side * scale) for side in sides)
        image = _image(screen.show(last, width, height, "rgb24"))
        seconds = (last.time or 0.0) - (begins_s or 0.0)
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=PNG_EFFORT)
    picture = prepare_picture(out.getvalue())
    return Cut(picture.data, picture.media_type, picture.width, picture.height, seconds)


def _image(frame: VideoFrame) -> Image.Image:
    image: Image.Image = frame.to_image()  # type: ignore[no-untyped-call] # PyAV leaves it untyped
    return image
