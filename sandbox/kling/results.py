"""Results: drawn in a thread when first needed, and cached while they are recent."""

import asyncio
import io
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from PIL import Image

from sandbox.kling.clips import FPS, draw_clip, dub, frame_at, frame_count
from sandbox.kling.faces import Face, Session
from sandbox.kling.intake import Clip
from sandbox.kling.orders import ClipDrawing, Dub, ElementMade, Made, PictureDrawing, Remake
from sandbox.kling.pictures import draw_picture
from sandbox.kling.remakes import remake
from sandbox.kling.tasks import Task

KEPT = 48  # drawing again gives the same bytes, so little is kept
FACE_SIDE_PX = 256
CONTENT_TYPES: Final = {
    "png": "image/png",
    "mp4": "video/mp4",
    "mp3": "audio/mpeg",
    "wav": "audio/wav",
}

Drawing = PictureDrawing | ClipDrawing | Remake | Dub | Made | ElementMade
MediaFor = Callable[[Task, int], bytes | None]
"""Gives the bytes of a result by its number; None: it is drawn."""
Draw = Callable[[Drawing, int], bytes]


def extension(drawing: Drawing) -> str:
    """Return the file extension of a drawing's results."""
    if isinstance(drawing, Made):
        return drawing.kind
    return "png" if isinstance(drawing, PictureDrawing) else "mp4"


def clip_ms(drawing: ClipDrawing | Remake) -> int:
    """Return the exact length of a clip, known before it is drawn: 5 s asked are 5041 ms."""
    if isinstance(drawing, Remake):
        return drawing.ms
    return frame_count(drawing.seconds) * 1000 // FPS


class Results:
    """The files behind result URLs; the event loop never waits for a drawing."""

    def __init__(self, media_for: MediaFor | None, draw: Draw) -> None:
        self._media_for = media_for
        self._draw = draw
        self._kept: OrderedDict[str, asyncio.Future[bytes]] = OrderedDict()

    async def media(self, task: Task, index: int) -> bytes:
        """Return result `index` of a task."""
        given = self._media_for(task, index) if self._media_for is not None else None
        if given is not None:
            return given
        return await self._once(f"{task.id}/{index}", lambda: self._draw(task.order.drawing, index))

    async def clip(self, task: Task, probe: Callable[[bytes], Clip]) -> Clip:
        """Return the finished clip of a task as an input."""
        return await asyncio.to_thread(probe, await self.media(task, 0))

    async def face(self, session: Session, face: Face) -> bytes:
        """Return the picture of a face as PNG, cut from the clip."""
        name = f"{session.id}/{session.faces.index(face)}"
        return await self._once(name, lambda: _cut_out(session.clip, face))

    async def _once(self, name: str, draw: Callable[[], bytes]) -> bytes:
        if name not in self._kept:
            self._kept[name] = asyncio.ensure_future(asyncio.to_thread(draw))
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(name)
        return await asyncio.shield(self._kept[name])


def draw_result(drawing: Drawing, index: int, every: int = 1) -> bytes:
    """Return the file of a result by its number.

    For a hurry, the first of `every` so many frames of a clip is drawn and stands for all of them.
    """
    if isinstance(drawing, ElementMade):
        raise TypeError("an element has no file")
    if isinstance(drawing, Made):
        return drawing.make(index, every)
    if isinstance(drawing, PictureDrawing):
        return draw_picture(drawing, index)
    if isinstance(drawing, Remake):
        return remake(drawing, every)
    return dub(drawing) if isinstance(drawing, Dub) else draw_clip(drawing, every)


def _cut_out(clip: Clip, face: Face) -> bytes:
    frame = frame_at(clip.content, (face.start_ms + face.end_ms) // 2)
    sides = zip(face.box, (*frame.size, *frame.size), strict=True)
    left, top, right, bottom = (share * side for share, side in sides)
    size = (FACE_SIDE_PX, round(FACE_SIDE_PX * (bottom - top) / (right - left)))
    out = io.BytesIO()
    frame.resize(size, Image.Resampling.LANCZOS, (left, top, right, bottom)).save(out, "PNG")
    return out.getvalue()
