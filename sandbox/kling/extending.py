"""What video-extend refuses, the order, and the clip: the given one, and five seconds more."""

import io
from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from typing import Final

import av
from PIL import Image

from sandbox.kling import fields
from sandbox.kling.clips import encode, frame_count, frames_of
from sandbox.kling.errors import bad_value
from sandbox.kling.fields import JsonObject
from sandbox.kling.intake import Clip, Intake, OwnClip
from sandbox.kling.models import VIDEO
from sandbox.kling.orders import ClipDrawing, Made, Order, Product
from sandbox.kling.switches import Switches

MODELS: Final = ("kling-v1", "kling-v1-5", "kling-v1-6")
OF: Final = (Product.TEXT2VIDEO, Product.IMAGE2VIDEO, Product.VIDEO_EXTEND)
SECONDS: Final = 5
LONGEST_MS: Final = 180_000


async def video_extend(
    body: JsonObject, _intake: Intake, _switches: Switches, own: OwnClip | None = None
) -> Order:
    """Return the order for a longer clip; model and mode are those of the given one."""
    if own is None:
        raise bad_value("video_id cannot be empty")
    prompt = fields.prompt(body, required=False)
    if own.product not in OF or own.model not in MODELS:
        raise bad_value("the video cannot be extended")
    if own.clip.ms + SECONDS * 1000 > LONGEST_MS:
        raise bad_value("Video duration is invalid")
    for name in ("negative_prompt", "cfg_scale"):
        if name in body and own.model == MODELS[0]:
            raise bad_value(f"{name} is not supported by {own.model}")
    fields.text(body, "negative_prompt", max_chars=fields.PROMPT_MAX_CHARS)
    fields.number(body, "cfg_scale", 0, 1, 0.5)
    units = Decimal(VIDEO[own.model].per_5_s[own.mode])
    made = Made(
        partial(_draw, own.clip, prompt),
        "mp4",
        own.clip.ms + SECONDS * 1000,
        given=(own.clip.content,),
        parent=own.parent,
        mode=own.mode,
    )
    return Order(Product.VIDEO_EXTEND, own.model, prompt, units, 1, made)


def _draw(clip: Clip, prompt: str, _index: int, every: int) -> bytes:
    return encode(_frames(clip, prompt, every), clip.size)


def _frames(clip: Clip, prompt: str, every: int) -> Iterator[Image.Image]:
    """Yield the given frames, then what follows from the last of them."""
    last = Image.new("RGB", clip.size)
    with av.open(io.BytesIO(clip.content), "r") as container:
        for decoded in container.decode(video=0):
            last = decoded.to_image()  # type: ignore[no-untyped-call] # PyAV leaves it so
            yield last
    out = io.BytesIO()
    last.save(out, "PNG")
    drawing = ClipDrawing(prompt, clip.size, SECONDS, first=out.getvalue())
    following = frames_of(drawing, frame_count(SECONDS), every)
    next(following)  # it is the last one again
    yield from following
