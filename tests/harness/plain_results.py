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
EACH_ALONE = {"preset": "ultrafast", "g": "1", "crf": "30"}


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
    """Return a clip of one picture, encoded twice and then repeated: each frame stands alone.

    Encoding every frame took a quarter of the time of a test that makes a video.
    """
    still = VideoFrame.from_image(  # type: ignore[no-untyped-call] # as published
        _painted(prompt, size, 0)
    ).reformat(format="yuv420p")
    out, per_frame = io.BytesIO(), Fraction(1, FPS)
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=FPS, options=EACH_ALONE)
        stream.width, stream.height = size
        stream.pix_fmt, stream.time_base = "yuv420p", per_frame
        encoded: list[bytes] = []
        for still.pts in range(2):  # neighbours differ in their number, as they must
            encoded += map(bytes, stream.encode(still))
        encoded += map(bytes, stream.encode(None))
        for number in range(frames):
            packet = av.Packet(encoded[number % 2])
            packet.stream, packet.time_base = stream, per_frame
            packet.pts = packet.dts = number
            packet.duration, packet.is_keyframe = 1, True
            container.mux(packet)
    return out.getvalue()


def _painted(prompt: str, size: tuple[int, int], index: int) -> Image.Image:
    image = Image.new("RGB", size, COLOURS[index % len(COLOURS)])
    draw_mark(image, prompt)
    return image
