"""Results that cost little: one colour and the ribbon of the prompt, as large as was asked for.

How the local Kling paints is tested where it is the subject.
"""

import functools
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import av
from av.video.frame import VideoFrame
from PIL import Image

from sandbox.kling import Task
from sandbox.kling.clips import FPS, frame_count
from sandbox.kling.mark import draw_mark
from sandbox.kling.orders import ClipDrawing, PictureDrawing

COLOURS = (
    *("darkslategrey", "indigo", "maroon", "olive", "sienna"),
    *("teal", "navy", "orchid", "tomato"),
)
KEPT = 16


@dataclass
class PlainResults:
    """Gives the local Kling its results: those a test has made, else plain ones."""

    made: dict[str, Sequence[bytes]] = field(default_factory=dict)
    """What a test has put in place of a task's results, by the task's id."""

    def __call__(self, task: Task, index: int) -> bytes | None:
        """Return the file of a result; None for what a test may look into: that is drawn."""
        drawing = task.order.drawing
        if task.id in self.made:
            return self.made[task.id][index]
        if isinstance(drawing, PictureDrawing) and not drawing.sources:
            return _picture(drawing.prompt, drawing.size, index)
        # The newer generation has sound in nearly every clip, and nobody listens to it.
        if isinstance(drawing, ClipDrawing) and (task.product.newer or not drawing.sound):
            return _clip(drawing.prompt, drawing.size, frame_count(drawing.seconds))
        return None


@functools.lru_cache(KEPT)
def _picture(prompt: str, size: tuple[int, int], index: int) -> bytes:
    out = io.BytesIO()
    _painted(prompt, size, index).save(out, "PNG", compress_level=1)
    return out.getvalue()


@functools.lru_cache(KEPT)
def _clip(prompt: str, size: tuple[int, int], frames: int) -> bytes:
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"preset": "ultrafast"})
        stream.width, stream.height = size
        stream.pix_fmt, stream.time_base = "yuv420p", Fraction(1, FPS)
        still = VideoFrame.from_image(  # type: ignore[no-untyped-call] # as published
            _painted(prompt, size, 0)
        ).reformat(format="yuv420p")
        for number in range(frames):
            still.pts = number
            container.mux(stream.encode(still))
        container.mux(stream.encode(None))
    return out.getvalue()


def _painted(prompt: str, size: tuple[int, int], index: int) -> Image.Image:
    image = Image.new("RGB", size, COLOURS[index % len(COLOURS)])
    draw_mark(image, prompt)
    return image
