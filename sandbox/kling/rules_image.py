"""What images/generations and omni-image refuse, and the order for valid requests."""

import asyncio
import re
from collections.abc import Sequence
from decimal import Decimal

from sandbox.kling import fields, geometry
from sandbox.kling.elements import NO_CAST, Cast, by_name, cited_in_list, listed
from sandbox.kling.errors import bad_value, invalid
from sandbox.kling.fields import JsonObject
from sandbox.kling.intake import Intake, size_of
from sandbox.kling.models import GENERATIONS, OMNI, OMNI_4K_UNITS, RATIOS, ImageModel
from sandbox.kling.orders import Order, PictureDrawing, Product
from sandbox.kling.switches import Switches

PICTURES_MAX = 9
REFERENCES_MAX = 10
SERIES_MIN = 2
SERIES_DEFAULT = 4
CITATION = re.compile(r"<<<image_(\d+)>>>")


async def generations(body: JsonObject, intake: Intake, switches: Switches) -> Order:
    """Return the order for pictures made from a prompt, or from a prompt and a picture."""
    name = fields.text(body, "model_name") or switches.default_image_model
    model = GENERATIONS.get(name)
    has_image = "image" in body
    if model is None or not (model.image if has_image else model.text):
        raise bad_value("model is not supported")
    prompt = fields.prompt(body, required=True)
    if fields.text(body, "negative_prompt", max_chars=fields.PROMPT_MAX_CHARS) and has_image:
        raise bad_value("negative_prompt is not supported with image")
    _references(body, model)
    cast = Cast(REFERENCES_MAX, together=REFERENCES_MAX) if model.elements else NO_CAST
    there = listed(body, intake, cast, prompt, pictures=int(has_image))
    allowed = model.image_resolutions if has_image else model.resolutions
    resolution = fields.choice(
        body, "resolution", tuple(r for r in model.resolutions if r in allowed), "1k"
    )
    ratio = fields.choice(body, "aspect_ratio", model.ratios, "16:9")
    count = fields.whole(body, "n", 1, PICTURES_MAX, 1)
    sources = (await intake.image(body["image"]),) if has_image else ()
    size = geometry.picture_size(ratio, resolution)
    if sources and model.keeps_size:
        size = await asyncio.to_thread(size_of, sources[0])
    units = Decimal(model.units_with_image if has_image else model.units) * count
    lettered = by_name(prompt, cited_in_list(body), intake)
    drawing = PictureDrawing(prompt, size, count, (*sources, *there), lettered)
    return Order(Product.GENERATIONS, name, prompt, units, count, drawing)


def _references(body: JsonObject, model: ImageModel) -> None:
    fields.number(body, "image_fidelity", 0, 1, 0.5)
    fields.number(body, "human_fidelity", 0, 1, 0.45)
    if "image_reference" not in body:
        if model.reference_required and "image" in body:
            raise bad_value("image_reference cannot be empty")
        return
    fields.choice(body, "image_reference", ("subject", "face"), "")
    if not model.references:
        raise bad_value("image_reference is not supported by the model")
    if "image" not in body:
        raise bad_value("image cannot be empty")


async def omni_image(body: JsonObject, intake: Intake, switches: Switches) -> Order:
    """Return the order for pictures that cite pictures as `<<<image_N>>>`."""
    name = fields.text(body, "model_name") or "kling-image-o1"
    model = OMNI.get(name)
    if model is None or (name == "kling-v3-omni" and not switches.v3_omni_supported):
        raise bad_value("model is not supported")
    prompt = fields.prompt(body, required=True)
    if "negative_prompt" in body and switches.omni_refuses_negative_prompt:
        raise bad_value("negative_prompt is not supported")
    given = _image_list(body, switches)
    cast = Cast(REFERENCES_MAX, together=REFERENCES_MAX)
    there = listed(body, intake, cast, prompt, pictures=len(given))
    if any(not 1 <= int(cited) <= len(given) for cited in CITATION.findall(prompt)):
        raise bad_value("prompt cites an image that is not in image_list")
    resolution = fields.choice(body, "resolution", model.resolutions, "1k")
    series = fields.choice(body, "result_type", ("single", "series"), "single") == "series"
    if series and name != "kling-v3-omni":
        raise invalid("result_type", "series")
    count = series_of(body, PICTURES_MAX) if series else fields.whole(body, "n", 1, PICTURES_MAX, 1)
    text_only = name == "kling-v3-omni" and not given
    ratio = fields.choice(
        body,
        "aspect_ratio",
        RATIOS if text_only else (*RATIOS, "auto"),
        "16:9" if text_only else "auto",
    )
    sources = tuple([await intake.image(value) for value in given])
    size = await size_for(ratio, resolution, sources)
    each = OMNI_4K_UNITS if resolution == "4k" else Decimal(model.units)
    lettered = by_name(prompt, cited_in_list(body), intake)
    drawing = PictureDrawing(prompt, size, count, (*sources, *there), lettered)
    return Order(Product.OMNI_IMAGE, name, prompt, each * count, count, drawing, series)


async def size_for(ratio: str, resolution: str, sources: Sequence[bytes]) -> tuple[int, int]:
    """Return width and height; `auto` follows the first picture, without one it is square."""
    if ratio != "auto":
        return geometry.picture_size(ratio, resolution)
    if sources:
        return geometry.picture_like(await asyncio.to_thread(size_of, sources[0]), resolution)
    return geometry.picture_size("1:1", resolution)


def series_of(body: JsonObject, most: int) -> int:
    """Return how many pictures a series has."""
    if body.get("series_amount") == "auto":
        return SERIES_DEFAULT
    return fields.whole(body, "series_amount", SERIES_MIN, most, SERIES_DEFAULT)


def _image_list(body: JsonObject, switches: Switches) -> list[object]:
    images: list[object] = []
    for item in fields.objects(body, "image_list", REFERENCES_MAX):
        if isinstance(item, dict) and isinstance(item.get("image"), str):
            images.append(item["image"])
        elif isinstance(item, str) and switches.image_list_strings:
            images.append(item)
        else:
            raise bad_value("image_list is invalid")
    return images
