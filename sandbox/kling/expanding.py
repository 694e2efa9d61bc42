"""What outpainting refuses, the order, and the image: the given one inside its own blurred echo."""

import io
from decimal import Decimal
from functools import partial
from typing import Final

from PIL import Image, ImageFilter

from sandbox.kling import fields
from sandbox.kling.errors import bad_value, invalid
from sandbox.kling.fields import JsonObject
from sandbox.kling.intake import Intake, size_of
from sandbox.kling.orders import Made, Order, Product
from sandbox.kling.pictures import lettering
from sandbox.kling.switches import Switches

SIDES: Final = ("up", "down", "left", "right")
RATIO_MAX: Final = 2.0
GROWN_MAX: Final = 3.0
COUNT_MAX: Final = 9
UNITS: Final = Decimal(8)
SIDE_MAX_PX: Final = 2_048
BLUR: Final = 24
Parts = tuple[float, float, float, float]


async def expand(body: JsonObject, intake: Intake, _switches: Switches) -> Order:
    """Return the order for images that are larger than the given one."""
    if "image" not in body:
        raise bad_value("image cannot be empty")
    up, down, left, right = [_part(body, side) for side in SIDES]
    if (1 + up + down) * (1 + left + right) > GROWN_MAX:
        raise bad_value("the expanded area cannot exceed 3 times the original")
    prompt = fields.prompt(body, required=False)
    count = fields.whole(body, "n", 1, COUNT_MAX, 1)
    picture = await intake.image(body["image"])
    draw = partial(_draw, picture, (up, down, left, right), prompt)
    made = Made(draw, "png", count=count, given=(picture,))
    return Order(Product.EXPAND, "expand", prompt, UNITS * count, count, made)


def _part(body: JsonObject, side: str) -> float:
    name = f"{side}_expansion_ratio"
    value = body.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= RATIO_MAX:
        raise invalid(name, value)
    return float(value)


def _draw(picture: bytes, parts: Parts, prompt: str, _index: int, _every: int) -> bytes:
    """Return the given image unchanged in its place, and around it its echo with the words."""
    up, down, left, right = parts
    with Image.open(io.BytesIO(picture)) as opened:
        inner = opened.convert("RGB")
    scale = min(1.0, SIDE_MAX_PX / max(size_of(picture)))
    inner = inner.resize((round(inner.width * scale), round(inner.height * scale)))
    size = (
        round(inner.width * (1 + left + right)),
        round(inner.height * (1 + up + down)),
    )
    whole = inner.resize(size).filter(ImageFilter.GaussianBlur(BLUR))
    overlay = lettering(size, prompt, ribbon_only=True)
    whole.paste(overlay, (0, 0), overlay)
    whole.paste(inner, (round(inner.width * left), round(inner.height * up)))
    out = io.BytesIO()
    whole.save(out, "PNG")
    return out.getvalue()
