"""What Image 4.0 refuses, and the order for valid requests."""

from decimal import Decimal

from sandbox.kling import fields
from sandbox.kling.contents import PROMPT, REFERENCE, check_options, items_of, prompt_of
from sandbox.kling.elements import ELEMENT, by_name, cited_in_contents, in_contents
from sandbox.kling.errors import bad_value
from sandbox.kling.fields import JsonObject
from sandbox.kling.intake import Intake
from sandbox.kling.newer_models import NEWER_IMAGES
from sandbox.kling.orders import Order, PictureDrawing, Product
from sandbox.kling.rules_image import PICTURES_MAX, series_of, size_for
from sandbox.kling.switches import Switches

CONTENTS_MAX = 32
NOT_THERE = ("negative_prompt", "image", "image_list", "model_name", "n", "resolution")
"""Fields of other routes, which this one does not have at the top."""


async def newer_image(name: str, body: JsonObject, intake: Intake, switches: Switches) -> Order:
    """Return the order for pictures made from `contents`."""
    model = NEWER_IMAGES.get(name)
    if model is None:
        raise bad_value("model is not supported")
    check_options(body, name, switches, takes_ids=model.takes_ids)
    for field in NOT_THERE:
        if field in body:
            raise bad_value(f"{field} is not supported")
    items = items_of(body, PROMPT, REFERENCE, ELEMENT, most=CONTENTS_MAX)
    prompt, given = prompt_of(items, model.prompt_max), items[REFERENCE]
    if len(given) > model.references_max:
        raise bad_value(f"refer_image cannot exceed {model.references_max}")
    settings = fields.inner(body, "settings")
    resolution = fields.choice(settings, "resolution", tuple(model.each), "2k")
    ratio = fields.choice(settings, "aspect_ratio", (*model.ratios, "auto"), "auto")
    series = fields.choice(settings, "result_type", ("single", "series"), "single") == "series"
    if series:
        if "n" in settings:
            raise bad_value("n is not supported with result_type series")
        count = series_of(settings, model.series_max)
    else:
        most = PICTURES_MAX if switches.image_v4_takes_n else 1
        count = fields.whole(settings, "n", 1, most, 1)
    sources = tuple([await intake.image(fields.text(one, "url")) for one in given])
    there = in_contents(items[ELEMENT], intake, model.cast, pictures=len(given))
    size = await size_for(ratio, resolution, sources)
    units = Decimal(model.each[resolution]) * count
    lettered = by_name(prompt, cited_in_contents(items[ELEMENT]), intake)
    drawing = PictureDrawing(prompt, size, count, (*sources, *there), lettered)
    return Order(Product.NEWER_IMAGE, name, prompt, units, count, drawing, series)
