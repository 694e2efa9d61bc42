"""What Image 4.0 refuses, and the order for valid requests."""

import asyncio
import io
from decimal import Decimal

from PIL import Image

from sandbox.kling import fields, geometry
from sandbox.kling.errors import bad_value, invalid
from sandbox.kling.fields import JsonObject
from sandbox.kling.intake import Intake
from sandbox.kling.newer_models import NEWER_IMAGES, NewerImageModel
from sandbox.kling.orders import Order, PictureDrawing, Product
from sandbox.kling.switches import Switches

PICTURES_MAX = 9
SERIES_MIN = 2
SERIES_DEFAULT = 4
NOT_THERE = ("prompt", "negative_prompt", "image", "image_list", "model_name", "n", "resolution")
"""Fields of other routes, which this one does not have at the top."""


async def newer_image(name: str, body: JsonObject, intake: Intake, switches: Switches) -> Order:
    """Return the order for pictures made from `contents`."""
    model = NEWER_IMAGES.get(name)
    if model is None:
        raise bad_value("model is not supported")
    _check_options(name, model, body, switches)
    for field in NOT_THERE:
        if field in body:
            raise bad_value(f"{field} is not supported")
    prompt, given = _contents(body, model)
    settings = body.get("settings", {})
    if not isinstance(settings, dict):
        raise invalid("settings", settings)
    settings = fields.given(settings)
    resolution = fields.choice(settings, "resolution", tuple(model.each), "2k")
    ratio = fields.choice(settings, "aspect_ratio", (*model.ratios, "auto"), "auto")
    series = fields.choice(settings, "result_type", ("single", "series"), "single") == "series"
    if series:
        if "n" in settings:
            raise bad_value("n is not supported with result_type series")
        count = _series(settings, model)
    else:
        most = PICTURES_MAX if switches.image_v4_takes_n else 1
        count = fields.whole(settings, "n", 1, most, 1)
    sources = tuple([await intake.image(fields.text(one, "url")) for one in given])
    if ratio != "auto":
        size = geometry.picture_size(ratio, resolution)
    elif sources:
        size = geometry.picture_like(await asyncio.to_thread(_size, sources[0]), resolution)
    else:
        size = geometry.picture_size("1:1", resolution)
    units = Decimal(model.each[resolution]) * count
    drawing = PictureDrawing(prompt, size, count, sources)
    return Order(Product.NEWER_IMAGE, name, prompt, units, count, drawing, series)


def _check_options(name: str, model: NewerImageModel, body: JsonObject, switches: Switches) -> None:
    options = body.get("options", {})
    if not isinstance(options, dict):
        raise invalid("options", options)
    if not (model.takes_ids or switches.v4_takes_ids):
        for field in ("external_task_id", "callback_url"):
            if options.get(field):
                raise bad_value(f"{field} is not supported by {name}")


def _contents(body: JsonObject, model: NewerImageModel) -> tuple[str, list[JsonObject]]:
    contents = fields.objects(body, "contents", 32)
    if not contents:
        raise bad_value("contents cannot be empty")
    of_type: dict[str, list[JsonObject]] = {"prompt": [], "refer_image": []}
    for one in contents:
        if not isinstance(one, dict):
            raise invalid("contents", one)
        kind = fields.text(one, "type")
        if kind not in of_type:
            raise bad_value("contents has a type that is not supported")
        of_type[kind].append(one)
    words, given = of_type.values()
    prompt = fields.text(words[0], "text", max_chars=model.prompt_max) if words else ""
    if len(words) != 1 or not prompt.strip():
        raise bad_value("prompt cannot be empty")
    if len(given) > model.references_max:
        raise bad_value(f"refer_image cannot exceed {model.references_max}")
    return prompt, given


def _series(settings: JsonObject, model: NewerImageModel) -> int:
    if settings.get("series_amount") == "auto":
        return SERIES_DEFAULT
    return fields.whole(settings, "series_amount", SERIES_MIN, model.series_max, SERIES_DEFAULT)


def _size(content: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(content)) as image:
        return image.size
