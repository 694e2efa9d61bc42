"""What the paths of the newer generation refuse, and the order for valid requests."""

import asyncio
from decimal import Decimal

from sandbox.kling import fields, geometry
from sandbox.kling.contents import PROMPT, Items, check_options, items_of
from sandbox.kling.elements import ELEMENT, NO_CAST, in_contents
from sandbox.kling.errors import bad_value, invalid
from sandbox.kling.fields import JsonObject
from sandbox.kling.intake import Intake, size_of
from sandbox.kling.newer_models import EDGES, IMAGE_PROMPT_MAX, NEWER, NewerModel
from sandbox.kling.orders import ClipDrawing, Order, Product, Shot
from sandbox.kling.shots import in_one, written_shots
from sandbox.kling.switches import Switches

CONTENTS_MAX = 32
FRAMES = ("first_frame", "middle_frame", "last_frame")
NOT_THERE = ("negative_prompt", "cfg_scale", "camera_control", "mode", "sound", "image_tail")
"""Fields of the legacy generation, which this one does not have."""


async def text_to_video(name: str, body: JsonObject, _intake: Intake, switches: Switches) -> Order:
    """Return the order for a clip made from a top-level `prompt`."""
    model = _model(name, text=True)
    if "contents" in body:
        raise bad_value("prompt and contents cannot be used together")
    prompt = fields.text(body, "prompt", max_chars=model.prompt_max)
    if not prompt.strip():
        raise bad_value("prompt cannot be empty")
    settings = settings_of(body, name, model)
    ratio = fields.choice(settings, "aspect_ratio", model.ratios, "16:9")
    size = geometry.sides_of(ratio)
    return order_of(Product.TEXT_TO_VIDEO, name, model, body, switches, prompt, size)


async def image_to_video(name: str, body: JsonObject, intake: Intake, switches: Switches) -> Order:
    """Return the order for a clip made from frames in `contents`."""
    model = _model(name, text=False)
    items = items_of(body, PROMPT, *FRAMES, ELEMENT, most=CONTENTS_MAX)
    prompts = items[PROMPT]
    longest = max(model.prompt_max, IMAGE_PROMPT_MAX) if model.middle_max else IMAGE_PROMPT_MAX
    prompt = fields.text(prompts[0], "text", max_chars=longest) if prompts else ""
    settings = settings_of(body, name, model)
    if "aspect_ratio" in settings:
        raise bad_value("aspect_ratio is not supported with first_frame")
    _check_frames(items, name, model, settings)
    shown = [await intake.image(fields.text(one, "url")) for kind in FRAMES for one in items[kind]]
    # With elements, 4.0 is on omni-video only.
    cast = NO_CAST if model.omni else model.cast
    there = tuple(in_contents(items[ELEMENT], intake, cast, frames=len(shown)))
    size = await asyncio.to_thread(size_of, shown[0])
    product, frames = Product.IMAGE_TO_VIDEO, tuple(shown)
    return order_of(product, name, model, body, switches, prompt, size, frames, there)


def _model(name: str, *, text: bool) -> NewerModel:
    model = NEWER.get(name)
    if model is None or not (model.text if text else model.image):
        raise bad_value("model is not supported")
    return model


def settings_of(body: JsonObject, name: str, model: NewerModel) -> JsonObject:
    """Return the checked `settings`, of which the ratio is left to the route."""
    for field in NOT_THERE:
        if field in body:
            raise bad_value(f"{field} is not supported")
    settings = fields.inner(body, "settings")
    resolution = fields.choice(settings, "resolution", tuple(model.per_s), "720p")
    duration = fields.whole(settings, "duration", 1, None, 5)
    if duration not in model.durations:
        raise invalid("duration", duration)
    if "audio" in settings:
        if model.always_sounds or not model.sound_per_s:
            raise bad_value(f"audio is not supported by {name}")
        audio = fields.choice(settings, "audio", ("native", "off"), "off")
        if audio == "native" and resolution not in model.sound_per_s:
            raise bad_value(f"audio native is not supported in {resolution} by {name}")
    if "multi_shot" in settings and not model.multi_shot:
        raise bad_value(f"multi_shot is not supported by {name}")
    fields.flag(settings, "multi_shot")
    return settings


def _check_frames(frames: Items, name: str, model: NewerModel, settings: JsonObject) -> None:
    if len(frames["first_frame"]) != 1:
        raise bad_value("first_frame is required")
    if len(frames["middle_frame"]) > model.middle_max:
        raise bad_value(f"middle_frame is not supported by {name}")
    resolution = settings.get("resolution", "720p")
    if len(frames["last_frame"]) > 1 or (frames["last_frame"] and resolution not in model.last):
        raise bad_value(f"last_frame is not supported in {resolution} by {name}")
    if frames["middle_frame"] and not frames["last_frame"]:
        raise bad_value("middle_frame needs last_frame")


def order_of(
    product: Product,
    name: str,
    model: NewerModel,
    body: JsonObject,
    switches: Switches,
    prompt: str,
    ratio: tuple[int, int],
    frames: tuple[bytes, ...] = (),
    references: tuple[bytes, ...] = (),
) -> Order:
    """Return the order, its price and its drawing included."""
    check_options(body, name, switches, takes_ids=model.takes_ids)
    settings = fields.inner(body, "settings")
    resolution, seconds = settings.get("resolution", "720p"), settings.get("duration", 5)
    native = settings.get("audio") == "native"
    per_s = model.sound_per_s if native else model.per_s
    shots: tuple[Shot, ...] = ()
    if model.multi_shot and settings.get("multi_shot", True):
        shots = written_shots(prompt, seconds)
        prompt = in_one(shots) or prompt
    first, last = (frames[0], frames[-1]) if len(frames) > 1 else ((*frames, None)[0], None)
    drawing = ClipDrawing(
        prompt=prompt,
        size=geometry.clip_size(ratio, EDGES[resolution]),
        seconds=seconds,
        first=first,
        middle=frames[1:-1],
        last=last,
        references=references,
        sound=native or model.always_sounds,
        shots=shots,
    )
    return Order(product, name, prompt, Decimal(per_s[resolution]) * seconds, 1, drawing)
