"""What avatar refuses, the order, and the clip: the picture, which nods as loudly as it speaks."""

import asyncio
import io
from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from typing import Final

from PIL import Image

from sandbox.kling import fields, geometry, sounds
from sandbox.kling.clips import FPS, PAN, encode
from sandbox.kling.errors import bad_value
from sandbox.kling.fields import JsonObject
from sandbox.kling.intake import Intake, size_of
from sandbox.kling.orders import Made, Order, Product
from sandbox.kling.pictures import lettering, shown
from sandbox.kling.switches import Switches

PER_S: Final = {"std": "0.4", "pro": "0.8"}
LENGTHS_MS: Final = (2_000, 300_000)


async def avatar(body: JsonObject, intake: Intake, switches: Switches) -> Order:
    """Return the order for a clip in which a picture speaks."""
    if "image" not in body:
        raise bad_value("image cannot be empty")
    mode = fields.choice(body, "mode", tuple(PER_S), "std")
    prompt = fields.prompt(body, required=False)
    if "model_name" in body:
        raise bad_value("model is not supported")
    sound, ms = await intake.voice_or_sound(
        body, m4a_refused=switches.m4a_refused, lengths_ms=LENGTHS_MS
    )
    picture = await intake.image(body["image"])
    size = geometry.clip_size(await asyncio.to_thread(size_of, picture), mode)
    units = Decimal(PER_S[mode]) * max(1, round(ms / 1000))
    made = Made(partial(_draw, prompt, picture, sound, size, ms), "mp4", ms, given=(picture, sound))
    return Order(Product.AVATAR, "avatar", prompt, units, 1, made)


def _draw(
    prompt: str,
    picture: bytes,
    sound: bytes,
    size: tuple[int, int],
    ms: int,
    _index: int,
    every: int,
) -> bytes:
    track = sounds.decode(sound)
    return encode(_frames(prompt, picture, track, size, ms, every), size, track)


def _frames(
    prompt: str, picture: bytes, track: sounds.Samples, size: tuple[int, int], ms: int, every: int
) -> Iterator[Image.Image]:
    with Image.open(io.BytesIO(picture)) as opened:
        still = shown(opened, (round(size[0] * PAN), round(size[1] * PAN)))
    overlay = lettering(size, prompt, ribbon_only=True)
    room = still.width - size[0], still.height - size[1]
    step = sounds.RATE_HZ // FPS
    for number in range(round(ms * FPS / 1000)):
        if number % every == 0:
            heard = track[number * step : (number + 1) * step : 8]
            loud = max(map(abs, heard), default=0) / sounds.LOUDEST
            left, top = room[0] // 2, round(room[1] * min(1.0, 0.3 + loud))
            frame = still.crop((left, top, left + size[0], top + size[1]))
            frame.paste(overlay, (0, 0), overlay)
        yield frame
