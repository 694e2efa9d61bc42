"""What the creates from several images refuse, and their orders: video, image, other clothes."""

from decimal import Decimal
from typing import Final

from sandbox.kling import fields, geometry
from sandbox.kling.errors import bad_value
from sandbox.kling.fields import JsonObject
from sandbox.kling.intake import Intake, size_of
from sandbox.kling.models import RATIOS, SHORT_OR_LONG, STD_PRO, VIDEO, VIDEO_RATIOS
from sandbox.kling.orders import ClipDrawing, Order, PictureDrawing, Product
from sandbox.kling.switches import Switches

IMAGES_MAX: Final = 4
PICTURES_MAX: Final = 9
VIDEO_MODEL: Final = "kling-v1-6"
IMAGE_MODELS: Final = ("kling-v2", "kling-v2-1")
TRY_ON_MODELS: Final = ("kolors-virtual-try-on-v1", "kolors-virtual-try-on-v1-5")
IMAGE_UNITS: Final = Decimal(16)
TRY_ON_UNITS: Final = Decimal(1)


async def multi_image_to_video(body: JsonObject, intake: Intake, _switches: Switches) -> Order:
    """Return the order for a clip in which each of the images is seen."""
    if (fields.text(body, "model_name") or VIDEO_MODEL) != VIDEO_MODEL:
        raise bad_value("model is not supported")
    given = _listed(body, "image_list", "image")
    prompt = fields.prompt(body, required=True)
    fields.text(body, "negative_prompt", max_chars=fields.PROMPT_MAX_CHARS)
    mode = fields.choice(body, "mode", STD_PRO, "std")
    seconds = int(fields.choice(body, "duration", SHORT_OR_LONG, "5"))
    ratio = fields.choice(body, "aspect_ratio", VIDEO_RATIOS, "16:9")
    images = tuple([await intake.image(one) for one in given])
    size = geometry.clip_size(geometry.sides_of(ratio), mode)
    drawing = ClipDrawing(prompt, size, seconds, references=images)
    units = Decimal(VIDEO[VIDEO_MODEL].per_5_s[mode]) * seconds / 5
    return Order(Product.MULTI_IMAGE_TO_VIDEO, VIDEO_MODEL, prompt, units, 1, drawing)


async def multi_image_to_image(body: JsonObject, intake: Intake, _switches: Switches) -> Order:
    """Return the order for images with one to four subjects, in a scene, in a style."""
    model = fields.choice(body, "model_name", IMAGE_MODELS, IMAGE_MODELS[0])
    given = _listed(body, "subject_image_list", "subject_image")
    prompt = fields.prompt(body, required=False)
    given += [body[name] for name in ("scene_image", "style_image") if name in body]
    count = fields.whole(body, "n", 1, PICTURES_MAX, 1)
    ratio = fields.choice(body, "aspect_ratio", RATIOS, "16:9")
    images = tuple([await intake.image(one) for one in given])
    drawing = PictureDrawing(prompt, geometry.picture_size(ratio, "1k"), count, images)
    units = IMAGE_UNITS * count
    return Order(Product.MULTI_IMAGE_TO_IMAGE, model, prompt, units, count, drawing)


async def try_on(body: JsonObject, intake: Intake, _switches: Switches) -> Order:
    """Return the order for an image of a person in other clothes."""
    model = fields.choice(body, "model_name", TRY_ON_MODELS, TRY_ON_MODELS[0])
    for name in ("human_image", "cloth_image"):
        if name not in body:
            raise bad_value(f"{name} cannot be empty")
    person = await intake.image(body["human_image"])
    clothes = await intake.image(body["cloth_image"])
    drawing = PictureDrawing("", size_of(person), 1, (person, clothes))
    return Order(Product.TRY_ON, model, "", TRY_ON_UNITS, 1, drawing)


def _listed(body: JsonObject, name: str, inner: str) -> list[object]:
    """Return the images of a list of objects."""
    items = fields.objects(body, name, IMAGES_MAX)
    if not items or not all(isinstance(item, dict) and item.get(inner) for item in items):
        raise bad_value(f"{name} must have 1 to {IMAGES_MAX} objects with {inner}")
    return [item[inner] for item in items]
