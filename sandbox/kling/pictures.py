"""Pictures: the prompt painted and lettered, the source pictures hung in it, the ribbon below."""

import hashlib
import io
import math
import re
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFilter, ImageFont

from sandbox.kling.mark import draw_mark, ribbon_height
from sandbox.kling.orders import PictureDrawing
from sandbox.kling.painting import paint

Box = tuple[int, int, int, int]
WALL = (0.05, 0.06, 0.95, 0.66)  # where sources hang: left, top, right, bottom as shares
GAP_SHARE = 0.035  # of the shorter side, between sources
MAT_SHARE = 0.011  # of the shorter side, the white border around a source
LETTER_SHARE = 1 / 17  # of the shorter side, the largest letters
LINES_MAX = 4
LETTERED_UP_TO = 0x250  # the built-in font knows Latin; other scripts are left to the painting
AT_OTHER_SCRIPT = re.compile("@(?=[\u0250-\U0010ffff])")
SIGNATURE = "local Kling"
QUICK_PNG_FROM_PX = 3_000_000
GRAINED_FROM_PX = 8_000
GRAIN_SHARE = 0.05


def source_boxes(size: tuple[int, int], sources: Sequence[tuple[int, int]]) -> list[Box]:
    """Return where sources of these sizes hang in a picture of `size`: left, top, right, bottom."""
    if not sources:
        return []
    left, top, right, bottom = (
        share * side for share, side in zip(WALL, (*size, *size), strict=True)
    )
    gap = GAP_SHARE * min(size)
    columns = min(
        len(sources), max(1, round(math.sqrt(len(sources) * (right - left) / (bottom - top))))
    )
    rows = math.ceil(len(sources) / columns)
    columns = math.ceil(len(sources) / rows)
    wide = (right - left - gap * (columns - 1)) / columns
    tall = (bottom - top - gap * (rows - 1)) / rows
    boxes: list[Box] = []
    for index, (width, height) in enumerate(sources):
        row, column = divmod(index, columns)
        in_row = min(columns, len(sources) - row * columns)
        inset = (columns - in_row) * (wide + gap) / 2
        scale = min(wide / width, tall / height)
        across, down = width * scale, height * scale
        x = left + inset + column * (wide + gap) + (wide - across) / 2
        y = top + row * (tall + gap) + (tall - down) / 2
        boxes.append((round(x), round(y), round(x + across), round(y + down)))
    return boxes


def draw_picture(drawing: PictureDrawing, index: int) -> bytes:
    """Return picture `index` of `drawing` as PNG."""
    image = paint(drawing.prompt, index, drawing.size)
    _hang(image, drawing.sources)
    if max(drawing.size) >= GRAINED_FROM_PX:
        _grain(image, f"{drawing.prompt}/{index}")
    caption = lettering(drawing.size, drawing.prompt, lettered=drawing.lettered)
    image.paste(caption, (0, 0), caption)
    out = io.BytesIO()
    level = 1 if math.prod(drawing.size) > QUICK_PNG_FROM_PX else 6
    image.save(out, "PNG", compress_level=level)
    return out.getvalue()


def _grain(image: Image.Image, seed: str) -> None:
    """Put grain on the upper part: without it a painting that large is a small file, unlike 8k."""
    part = (0, 0, image.width, image.height // 2)
    ground = image.crop(part)
    grains = hashlib.shake_256(seed.encode()).digest(math.prod(ground.size))
    noise = Image.frombytes("L", ground.size, grains).convert("RGB")
    image.paste(Image.blend(ground, noise, GRAIN_SHARE), part[:2])


def _hang(image: Image.Image, sources: Sequence[bytes]) -> None:
    opened = [Image.open(io.BytesIO(source)) for source in sources]
    mat = max(2, round(MAT_SHARE * min(image.size)))
    for box, source in zip(source_boxes(image.size, [o.size for o in opened]), opened, strict=True):
        left, top, right, bottom = box
        shadow = Image.new("L", image.size, 0)
        ImageDraw.Draw(shadow).rectangle(
            (left - mat, top + mat, right + mat, bottom + 3 * mat), fill=130
        )
        small = shadow.resize((image.width // 4, image.height // 4))
        soft = small.filter(ImageFilter.GaussianBlur(mat / 2)).resize(image.size)
        image.paste("#05060d", (0, 0, *image.size), soft)
        frame = (left - mat, top - mat, right + mat - 1, bottom + mat - 1)
        ImageDraw.Draw(image).rectangle(frame, fill="#fbfaf6")
        image.paste(shown(source, (right - left, bottom - top)), (left, top))
        source.close()


def shown(source: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Return a source as it is shown: RGB on white, at `size`."""
    if source.mode in ("RGBA", "LA", "PA", "P"):
        whole = source.convert("RGBA")
        ground = Image.new("RGBA", whole.size, "white")
        source = Image.alpha_composite(ground, whole)
    return source.convert("RGB").resize(size, Image.Resampling.LANCZOS)


def lettering(
    size: tuple[int, int], prompt: str, *, lettered: str = "", ribbon_only: bool = False
) -> Image.Image:
    """Return the RGBA overlay of a picture or clip: the prompt set in type above its ribbon.

    `lettered` is set in place of the prompt, if given.
    """
    overlay = Image.new("RGBA", size, (0, 0, 0, 0))
    if ribbon_only:
        draw_mark(overlay, prompt)
        return overlay
    short, ribbon = min(size), ribbon_height(size)
    margin = round(short * 0.05)
    lines, font, step = _set(lettered or prompt, size[0] - 2 * margin, short)
    if lines:
        tall = round(step * len(lines) + margin * 3)
        shade = Image.new("RGBA", (size[0], tall + ribbon), "#05060f")
        shade.putalpha(Image.linear_gradient("L").point(_shade).resize(shade.size))
        overlay.paste(shade, (0, size[1] - shade.height))
    draw = ImageDraw.Draw(overlay)
    top = size[1] - ribbon - margin * 0.7 - step * len(lines)
    for number, line in enumerate(lines):
        draw.text((margin, top + number * step), line, font=font, fill="#fffdf6")
    small = ImageFont.load_default(max(8, round(short / 52)))
    place = (size[0] - margin * 0.5, size[1] - ribbon - margin * 0.2)
    draw.text(place, SIGNATURE, font=small, fill=(255, 253, 246, 170), anchor="rs")
    draw_mark(overlay, prompt)  # over the shade, whose foot it covers
    return overlay


def _shade(part: float) -> float:
    return 225 * math.sqrt(part / 255)


Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def _set(prompt: str, wide: int, short: int) -> tuple[list[str], Font, float]:
    """Return the prompt in at most four lines, in letters as large as that allows."""
    prompt = AT_OTHER_SCRIPT.sub("", prompt)
    words = "".join(c if ord(c) < LETTERED_UP_TO else " " for c in prompt).split()
    px = short * LETTER_SHARE
    while True:
        font = ImageFont.load_default(max(10, round(px)))
        lines = _wrap(words, wide, font)
        if len(lines) <= LINES_MAX or px < short * LETTER_SHARE * 0.55:
            break
        px *= 0.9
    if len(lines) > LINES_MAX:
        lines = [*lines[: LINES_MAX - 1], lines[LINES_MAX - 1].rstrip(".,;") + "..."]
    return lines, font, px * 1.28


def _wrap(words: Sequence[str], wide: int, font: Font) -> list[str]:
    lines: list[str] = []
    for word in words:
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and font.getlength(longer) <= wide:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
