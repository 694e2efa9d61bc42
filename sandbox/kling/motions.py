"""What motion control refuses in both generations, and the clip: a picture that moves."""

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Final

import av
from PIL import Image, ImageStat

from sandbox.kling import fields, geometry, sounds
from sandbox.kling.clips import FPS, PAN, encode
from sandbox.kling.contents import PROMPT, items_of
from sandbox.kling.elements import ELEMENT, NO_CAST, Cast, in_contents, listed
from sandbox.kling.errors import bad_value, invalid
from sandbox.kling.fields import JsonObject
from sandbox.kling.intake import MIB, SLACK_MS, Clip, Intake, size_of
from sandbox.kling.orders import Made, Order, Product
from sandbox.kling.pictures import lettering, shown
from sandbox.kling.switches import Switches

LEGACY: Final = {
    "kling-v2-6": {"std": "0.5", "pro": "0.8"},
    "kling-v3": {"std": "0.9", "pro": "1.2"},
}
"""Units a second by mode (Kling's price table, 2026-09)."""
NEWER: Final = {
    "kling-2.6": {"720p": "0.5", "1080p": "0.8"},
    "kling-3.0": {"720p": "0.9", "1080p": "1.2"},
}
CAST: Final = {
    "kling-v2-6": NO_CAST,
    "kling-2.6": NO_CAST,
    "kling-v3": Cast(1),
    "kling-3.0": Cast(1),
}
MODES: Final = {"720p": "std", "1080p": "pro"}
SHORTEST_MS: Final = 3_000
LONGEST_MS: Final = {"image": 10_000, "video": 30_000}
SIDES_PX: Final = (340, 3_850)
MIB_MAX: Final = 100
INSET: Final = 5
"""The clip is shown in a corner, as wide as this part of the frame."""


@dataclass(frozen=True)
class _Asked:
    product: Product
    name: str
    per_s: Mapping[str, str]
    mode: str
    orientation: str
    prompt: str
    picture: object
    url: str
    sound: bool
    cast: int = 0
    """How many elements it holds."""


async def motion_control(body: JsonObject, intake: Intake, _switches: Switches) -> Order:
    """Return the order of the legacy generation."""
    name = fields.text(body, "model_name") or "kling-v2-6"
    if name not in LEGACY:
        raise bad_value("model is not supported")
    for field in ("image_url", "video_url", "character_orientation", "mode"):
        if field not in body:
            raise bad_value(f"{field} cannot be empty")
    asked = _Asked(
        Product.MOTION,
        name,
        LEGACY[name],
        fields.choice(body, "mode", tuple(LEGACY[name]), ""),
        fields.choice(body, "character_orientation", tuple(LONGEST_MS), ""),
        fields.prompt(body, required=False),
        body["image_url"],
        fields.text(body, "video_url"),
        fields.choice(body, "keep_original_sound", ("yes", "no"), "yes") == "yes",
        len(listed(body, intake, CAST[name], fields.prompt(body, required=False))),
    )
    return await _order(asked, intake)


async def newer_motion(name: str, body: JsonObject, intake: Intake, _switches: Switches) -> Order:
    """Return the order of the newer generation."""
    if name not in NEWER:
        raise bad_value("model is not supported")
    items = items_of(body, PROMPT, "image", "video", ELEMENT)
    if any(len(items[kind]) != 1 for kind in ("image", "video")) or len(items[PROMPT]) > 1:
        raise bad_value("exactly one image and one video are needed")
    settings = fields.inner(body, "settings")
    if "character_orientation" not in settings:
        raise bad_value("character_orientation cannot be empty")
    words = items[PROMPT][0] if items[PROMPT] else {}
    asked = _Asked(
        Product.NEWER_MOTION,
        name,
        NEWER[name],
        fields.choice(settings, "resolution", tuple(NEWER[name]), "720p"),
        fields.choice(settings, "character_orientation", tuple(LONGEST_MS), ""),
        fields.text(words, "text", max_chars=fields.PROMPT_MAX_CHARS),
        items["image"][0].get("url"),
        fields.text(items["video"][0], "url"),
        fields.choice(settings, "audio", ("original", "off"), "original") == "original",
        len(in_contents(items[ELEMENT], intake, CAST[name])),
    )
    return await _order(asked, intake)


async def _order(asked: _Asked, intake: Intake) -> Order:
    if asked.cast and asked.orientation != "video":
        raise bad_value("an element needs character_orientation video")
    picture = await intake.image(asked.picture)
    clip = await intake.any_clip(asked.url, MIB_MAX * MIB)
    _check(clip, asked.orientation)
    mode = MODES.get(asked.mode, asked.mode)
    size = geometry.clip_size(size_of(picture), mode)
    units = Decimal(asked.per_s[asked.mode]) * round(clip.ms / 1000)
    draw = partial(_draw, asked.prompt, picture, clip.content, size, asked.sound)
    made = Made(draw, "mp4", clip.ms, given=(picture, clip.content))
    return Order(asked.product, asked.name, asked.prompt, units, 1, made)


def _check(clip: Clip, orientation: str) -> None:
    if not SHORTEST_MS - SLACK_MS <= clip.ms <= LONGEST_MS[orientation] + SLACK_MS:
        raise bad_value("Video duration is invalid")
    if min(clip.size) < SIDES_PX[0] or max(clip.size) > SIDES_PX[1]:
        raise invalid("video_url", "pixels")


def _draw(
    prompt: str,
    picture: bytes,
    clip: bytes,
    size: tuple[int, int],
    sound: bool,  # noqa: FBT001 - of a partial, in order
    _index: int,
    every: int,
) -> bytes:
    """Return the picture moved as the light moves in the clip, which is seen in a corner."""
    track = (sounds.decode(clip) or None) if sound else None
    return encode(_frames(prompt, picture, clip, size, every), size, track)


def _frames(
    prompt: str, picture: bytes, clip: bytes, size: tuple[int, int], every: int
) -> Iterator[Image.Image]:
    with Image.open(io.BytesIO(picture)) as opened:
        still = shown(opened, (round(size[0] * PAN), round(size[1] * PAN)))
    overlay = lettering(size, prompt, ribbon_only=True)
    room = still.width - size[0], still.height - size[1]
    with av.open(io.BytesIO(clip), "r") as container:
        rate = float(container.streams.video[0].average_rate or FPS)
        number = 0
        for seen_before, decoded in enumerate(container.decode(video=0)):
            if seen_before % every == 0:
                seen = decoded.to_image()  # type: ignore[no-untyped-call] # PyAV leaves it so
                across, down = _light(seen)
                left, top = round(room[0] * across), round(room[1] * down)
                frame = still.crop((left, top, left + size[0], top + size[1]))
                inset = shown(seen, (size[0] // INSET, size[1] // INSET))
                frame.paste(inset, (0, 0))
                frame.paste(overlay, (0, 0), overlay)
            until = round((decoded.time or 0.0) * FPS + FPS / rate)
            while number < until:
                yield frame
                number += 1


def _light(frame: Image.Image) -> tuple[float, float]:
    """Return where the middle of the light is, as parts of width and height."""
    grey = frame.convert("L").resize((16, 16))
    halves = [grey.crop((8, 0, 16, 16)), grey.crop((0, 8, 16, 16))]
    whole = max(1.0, ImageStat.Stat(grey).sum[0])
    return tuple(min(1.0, ImageStat.Stat(half).sum[0] / whole) for half in halves)  # type: ignore[return-value] # two halves
