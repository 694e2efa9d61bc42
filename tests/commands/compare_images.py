"""What Kling would get, beside what Chromium shows: `python -m tests.commands.compare_images`.

Compares the table of `tests/media/test_colours.py`, or every file in the folders that are named.
Both are drawn on white, scaled to 48 by 48 pixels and compared channel by channel. Ends with 1 if
a channel of one differs by more than 4 of 255 on average. Refused is what Chromium shows and Kling
would not get, whether we know its kind or not. Animations that begin with a blank frame are counted
apart: Kling gets a later one, on purpose.
"""

import asyncio
import base64
import io
import mimetypes
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from PIL import Image, ImageChops, ImageStat
from playwright.async_api import Page, async_playwright

from bot.errors import MediaRefused
from bot.media import image_encoding, images, kinds
from bot.media.image_layers import shows_something
from bot.media.images import prepare_picture
from bot.media.kinds import kind_of
from tests.harness.playground.browser import ARGUMENTS, chromium
from tests.media.test_colours import CASES

SIDE_PX: Final = 48
DIFFERENCE_MAX: Final = 4.0
SHAPE_TOLERANCE: Final = 0.05
NOT_SHOWN: Final = frozenset({kinds.TIFF, kinds.HEIC})
"""Kinds that Chromium does not show; our own table is their only judge."""
IMAGE: Final = "image/"
SAME, LATER, OTHER, REFUSED, ABSENT = "same", "later", "other", "refused", "not shown"

DRAWN: Final = """async ([encoded, type]) => {
  const bytes = Uint8Array.from(atob(encoded), (letter) => letter.charCodeAt(0));
  const url = URL.createObjectURL(new Blob([bytes], { type }));
  const image = new Image();
  image.src = url;
  try {
    await image.decode();
  } catch {
    return null;
  } finally {
    URL.revokeObjectURL(url);
  }
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
  const context = canvas.getContext("2d", { colorSpace: "srgb" });
  context.fillStyle = "white";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(image, 0, 0);
  return canvas.toDataURL("image/png").split(",")[1];
}"""


def main(folders: Sequence[str]) -> int:
    """Compare, print a line for each that differs and the sums, and return the exit code."""
    # Most public test images are smaller than Kling takes; their colours count all the same.
    for module in (images, image_encoding):
        setattr(module, "PICTURE_SIDE_MIN_PX", 1)  # noqa: B010 - a name that they import
    setattr(images, "PICTURE_RATIO_MAX", float("inf"))  # noqa: B010 - as above
    browser = chromium()
    if browser is None:
        print("No Chromium is installed.")
        return 2
    return asyncio.run(_compare(list(_files(folders) if folders else _table()), browser))


def _table() -> Iterator[tuple[str, bytes]]:
    return ((case.name, case.made()) for case in CASES)


def _files(folders: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    for folder in folders:
        for path in sorted(Path(folder).rglob("*")):
            if path.is_file():
                yield str(path.relative_to(folder)), path.read_bytes()


async def _compare(files: Sequence[tuple[str, bytes]], browser: str) -> int:
    counted = Counter[str]()
    async with _page(browser) as (page, version):
        for name, data in files:
            kind = kind_of(data)
            if kind is not None and (kind in NOT_SHOWN or not kind.is_picture):
                continue
            judged = verdict(await _theirs(page, data, _media_type(name, kind)), data)
            counted[judged.split(":", 1)[0]] += 1
            if judged not in {SAME, LATER, ABSENT}:
                print(f"{judged}  {name}")
    shown = sum(counted.values()) - counted[ABSENT]
    print(
        f"Chromium {version} shows {shown}: {counted[SAME]} the same within {DIFFERENCE_MAX:g},"
        f" {counted[LATER]} begin blank, {counted[OTHER]} differ, {counted[REFUSED]} are refused."
    )
    return 1 if counted[OTHER] else 0


def _media_type(name: str, kind: kinds.Kind | None) -> str:
    """The type to show it as; Chromium decides by the bytes, but must be told of SVG."""
    if kind is not None:
        return kind.media_type
    guessed = mimetypes.guess_type(name)[0] or ""
    return guessed if guessed.startswith(IMAGE) else ""


@asynccontextmanager
async def _page(browser: str) -> AsyncIterator[tuple[Page, str]]:
    async with async_playwright() as playwright:
        arguments = [*ARGUMENTS, "--force-color-profile=srgb"]
        running = await playwright.chromium.launch(executable_path=browser, args=arguments)
        yield await running.new_page(), running.version
        await running.close()


async def _theirs(page: Page, data: bytes, media_type: str) -> Image.Image | None:
    drawn = await page.evaluate(DRAWN, [base64.b64encode(data).decode(), media_type])
    return Image.open(io.BytesIO(base64.b64decode(drawn))).convert("RGB") if drawn else None


def verdict(theirs: Image.Image | None, data: bytes) -> str:
    """What is said of a file of which Chromium shows `theirs`, on white; None if nothing."""
    if theirs is None:
        return ABSENT
    try:
        prepared = prepare_picture(data)
    except MediaRefused as refusal:
        return f"{REFUSED}: {refusal.code}"
    if "later_frame" in prepared.changed and not shows_something(theirs):
        return LATER
    ours = Image.open(io.BytesIO(prepared.data)).convert("RGB")
    shape, wanted = ours.width / ours.height, theirs.width / theirs.height
    if abs(shape - wanted) > SHAPE_TOLERANCE * wanted:
        return f"{OTHER}: {ours.size} for {theirs.size}"
    small = [
        image.resize((SIDE_PX, SIDE_PX), Image.Resampling.BOX, reducing_gap=None)
        for image in (ours, theirs)
    ]
    difference = max(ImageStat.Stat(ImageChops.difference(*small)).mean)
    return SAME if difference <= DIFFERENCE_MAX else f"{OTHER}: {difference:.1f}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
