"""Pictures with transparency: what is seen of them, and whether anything is."""

from typing import Final

from PIL import Image, ImageChops

BACKGROUND: Final = "white"  # what shows through transparency
STRIP_ROWS: Final = 64
_OPAQUE: Final = 255
_BLANK: Final[frozenset[object]] = frozenset({((255, 255),) * 3, ((0, 0),) * 3})


def shows_something(image: Image.Image) -> bool:
    """Whether there is more to see than all white or all black, once it lies on white."""
    seen = set[object]()
    for top in range(0, image.height, STRIP_ROWS):
        strip = image.crop((0, top, image.width, min(image.height, top + STRIP_ROWS)))
        seen.add(flattened(strip).getextrema())
        if len(seen) > 1 or not seen <= _BLANK:
            return True
    return False


def flattened(image: Image.Image) -> Image.Image:
    """RGB on white."""
    if not image.has_transparency_data:
        return image.convert("RGB")
    layer = image.convert("RGBA")
    flat = Image.new("RGB", layer.size, BACKGROUND)
    flat.paste(layer, mask=layer.getchannel("A"))
    return flat


def is_transparent(image: Image.Image) -> bool:
    """Whether anything shows through."""
    if not image.has_transparency_data:
        return False
    layer = image if "A" in image.getbands() else image.convert("RGBA")
    alpha = layer.getchannel("A")
    low, _ = alpha.getextrema()
    return int(low) < _OPAQUE  # type: ignore[arg-type] # it has one band


def differ(one: Image.Image, other: Image.Image) -> bool:
    """Whether two pictures of one size and mode have a pixel that is not the same."""
    for top in range(0, one.height, STRIP_ROWS):
        box = (0, top, one.width, min(one.height, top + STRIP_ROWS))
        if ImageChops.difference(one.crop(box), other.crop(box)).getbbox():
            return True
    return False
