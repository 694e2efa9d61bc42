"""What the path `omni-video` refuses, and the order for valid requests.

Its `contents` are words, pictures that the words cite as `<<<image_N>>>`, and frames.
"""

import asyncio

from sandbox.kling import fields, geometry
from sandbox.kling.contents import PROMPT, REFERENCE, Items, has_type, items_of, prompt_of
from sandbox.kling.elements import ELEMENT, in_contents
from sandbox.kling.errors import bad_value
from sandbox.kling.fields import JsonObject
from sandbox.kling.intake import Intake, size_of
from sandbox.kling.newer_models import NEWER, NewerModel
from sandbox.kling.orders import Order, Product
from sandbox.kling.rules_edit import VIDEOS, newer_edit
from sandbox.kling.rules_image import CITATION
from sandbox.kling.rules_newer import order_of, settings_of
from sandbox.kling.switches import Switches

FRAMES = ("first_frame", "last_frame")


async def omni_video(name: str, body: JsonObject, intake: Intake, switches: Switches) -> Order:
    """Return the order for a clip made from `contents`."""
    if has_type(body, *VIDEOS):
        return await newer_edit(name, body, intake, switches)
    model = NEWER.get(name)
    if model is None or not model.omni:
        raise bad_value("model is not supported")
    items = items_of(body, PROMPT, REFERENCE, *FRAMES, ELEMENT)
    prompt = prompt_of(items, model.prompt_max)
    settings = settings_of(body, name, model)
    _check_items(items, prompt, name, model, settings)
    shown = {
        kind: [await intake.image(one.get("url")) for one in items[kind]]
        for kind in items
        if kind not in {PROMPT, ELEMENT}
    }
    frames = (*shown["first_frame"], *shown["last_frame"])
    if frames:
        size = await asyncio.to_thread(size_of, frames[0])
    else:
        size = _ratio(settings, model)
    given = len(shown[REFERENCE])
    there = in_contents(items[ELEMENT], intake, model.cast, pictures=given, frames=len(frames))
    references = (*shown[REFERENCE], *there)
    return order_of(
        Product.OMNI_VIDEO, name, model, body, switches, prompt, size, frames, references
    )


def _check_items(
    items: Items, prompt: str, name: str, model: NewerModel, settings: JsonObject
) -> None:
    references, (first, last) = len(items[REFERENCE]), (len(items[kind]) for kind in FRAMES)
    if references > model.refer_max:
        raise bad_value(f"refer_image cannot exceed {model.refer_max}")
    if any(not 1 <= int(cited) <= references for cited in CITATION.findall(prompt)):
        raise bad_value("prompt cites an image that is not in contents")
    if first > 1 or last > 1 or (last and not first):
        raise bad_value("first_frame and last_frame are one each, the last after the first")
    if first and not model.omni_frames:
        raise bad_value(f"first_frame is not supported by {name}")
    if references and first + last > model.frames_beside:
        raise bad_value(f"refer_image cannot be used with these frames by {name}")
    if first and "aspect_ratio" in settings:
        raise bad_value("aspect_ratio is not supported with first_frame")
    lengths = model.durations if references else model.bare_durations or model.durations
    if settings.get("duration", 5) not in lengths:
        raise bad_value("Duration only supports 5 or 10 seconds when no refer_image is provided")


def _ratio(settings: JsonObject, model: NewerModel) -> tuple[int, int]:
    if "aspect_ratio" not in settings and model.ratio_required:
        raise bad_value("aspect_ratio is required")
    ratio = fields.choice(settings, "aspect_ratio", model.ratios, "16:9")
    return geometry.sides_of(ratio)
