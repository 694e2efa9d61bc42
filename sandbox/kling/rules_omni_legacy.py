"""What the legacy omni-video refuses, and the order for valid requests.

Kling's API documentation (2026-09): one `image_list` of pictures that the words cite as
`<<<image_N>>>` and of frames; at most seven in all; an end frame only beside a first one, and only
where the list has no third picture.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from sandbox.kling import fields, geometry, models
from sandbox.kling.elements import Cast, listed
from sandbox.kling.errors import bad_value, invalid
from sandbox.kling.fields import JsonObject
from sandbox.kling.intake import Intake, size_of
from sandbox.kling.models import SHORT_OR_LONG, THREE_TO_FIFTEEN
from sandbox.kling.orders import ClipDrawing, Order, Product
from sandbox.kling.rules_edit import legacy_edit
from sandbox.kling.rules_image import CITATION
from sandbox.kling.switches import Switches

DEFAULT_MODEL: Final = "kling-video-o1"
DEFAULT_MODE: Final = "pro"
IMAGES_MAX: Final = 7
IMAGES_WITH_END_MAX: Final = 2
FRAMES: Final = ("first_frame", "end_frame")


@dataclass(frozen=True)
class OmniModel:
    """One model; prices are units a second by mode."""

    per_s: Mapping[str, str]
    durations: tuple[str, ...]
    bare_durations: tuple[str, ...]
    """Without a picture to cite."""
    sound_per_s: Mapping[str, str]
    """Empty: it makes no sound."""
    cast: Cast


OMNI: Final = {
    "kling-video-o1": OmniModel(
        {"std": "0.6", "pro": "0.8"},
        THREE_TO_FIFTEEN[:8],
        SHORT_OR_LONG,
        {},
        Cast(7, together=7, both=0, clips=0),
    ),
    "kling-v3-omni": OmniModel(
        {"std": "0.6", "pro": "0.8", "4k": "3.0"},
        THREE_TO_FIFTEEN,
        THREE_TO_FIFTEEN,
        {"std": "0.8", "pro": "1.0", "4k": "3.0"},
        Cast(7, together=7),
    ),
}


async def omni_video(body: JsonObject, intake: Intake, switches: Switches) -> Order:
    """Return the order for a clip made from words and the pictures of `image_list`."""
    if body.get("video_list"):
        return await legacy_edit(body, intake, switches)
    name = fields.text(body, "model_name") or DEFAULT_MODEL
    model = OMNI.get(name)
    if model is None or (name == "kling-v3-omni" and not switches.v3_omni_supported):
        raise bad_value("model is not supported")
    prompt = fields.prompt(body, required=True)
    cited, frames = _images(body)
    if any(not 1 <= int(number) <= len(cited) + len(frames) for number in CITATION.findall(prompt)):
        raise bad_value("prompt cites an image that is not in image_list")
    mode = fields.choice(body, "mode", tuple(model.per_s), DEFAULT_MODE)
    lengths = model.durations if cited else model.bare_durations
    seconds = int(fields.choice(body, "duration", lengths, "5"))
    sound = fields.choice(body, "sound", ("on", "off"), "off") == "on"
    if sound and not model.sound_per_s:
        raise bad_value(f"sound is not supported by {name}")
    there = listed(
        body, intake, model.cast, prompt, pictures=len(cited) + len(frames), frames=len(frames)
    )
    references = (*[await intake.image(one) for one in cited], *there)
    first, last = [await intake.image(frames[one]) if one in frames else None for one in FRAMES]
    ratio = await asyncio.to_thread(size_of, first) if first is not None else _ratio(body)
    per_s = model.sound_per_s if sound else model.per_s
    drawing = ClipDrawing(
        prompt=prompt,
        size=geometry.clip_size(ratio, mode),
        seconds=seconds,
        first=first,
        last=last,
        references=references,
        sound=sound,
    )
    units = Decimal(per_s[mode]) * seconds
    return Order(Product.LEGACY_OMNI_VIDEO, name, prompt, units, 1, drawing)


def _images(body: JsonObject) -> tuple[list[object], dict[str, object]]:
    """Return the pictures to cite, and the frames by their kind."""
    cited: list[object] = []
    frames: dict[str, object] = {}
    listed = fields.objects(body, "image_list", IMAGES_MAX)
    for item in listed:
        if not isinstance(item, dict):
            raise invalid("image_list", item)
        kind = item.get("type")
        if kind is None:
            cited.append(item.get("image_url"))
        elif kind in FRAMES and kind not in frames:
            frames[kind] = item.get("image_url")
        else:
            raise invalid("image_list.type", kind)
    first, last = (kind in frames for kind in FRAMES)
    if last and (not first or len(listed) > IMAGES_WITH_END_MAX):
        raise bad_value("end_frame is not supported with these images")
    return cited, frames


def _ratio(body: JsonObject) -> tuple[int, int]:
    if "aspect_ratio" not in body:
        raise bad_value("aspect_ratio cannot be empty")
    return geometry.sides_of(fields.choice(body, "aspect_ratio", models.VIDEO_RATIOS, ""))
