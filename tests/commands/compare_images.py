"""What Kling would get, beside what Chromium shows: `python -m tests.commands.compare_images`.

Compares the table of `tests/media/test_colours.py`, or every image in the folders that are named.
Both are drawn on white, scaled to 48 by 48 pixels and compared channel by channel. Ends with 1 if
a channel of one differs by more than 4 of 255 on average.
"""

import asyncio
import base64
import io
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
from bot.media.images import prepare_picture
from bot.media.kinds import kind_of
from tests.harness.playground.browser import ARGUMENTS, chromium
from tests.media.test_colours import CASES

SIDE_PX: Final = 48
DIFFERENCE_MAX: Final = 4.0
SHAPE_TOLERANCE: Final = 0.05
NOT_SHOWN: Final = frozenset({kinds.TIFF, kinds.HEIC})
"""Kinds that Chromium does not show; our own table is their only judge."""

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
            if kind is None or not kind.is_picture or kind in NOT_SHOWN:
                continue
            verdict = _verdict(await _theirs(page, data, kind.media_type), data)
            counted[verdict.split(":", 1)[0]] += 1
            if verdict not in {"same", "not shown"}:
                print(f"{verdict}  {name}")
    shown = sum(counted.values()) - counted["not shown"]
    print(
        f"Chromium {version} shows {shown}: {counted['same']} the same within {DIFFERENCE_MAX:g},"
        f" {counted['other']} differ, {counted['refused']} are refused."
    )
    return 1 if counted["other"] else 0


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


def _verdict(theirs: Image.Image | None, data: bytes) -> str:
    if theirs is None:
        return "not shown"
    try:
        ours = Image.open(io.BytesIO(prepare_picture(data).data)).convert("RGB")
    except MediaRefused as refusal:
        return f"refused: {refusal.code}"
    shape, wanted = ours.width / ours.height, theirs.width / theirs.height
    if abs(shape - wanted) > SHAPE_TOLERANCE * wanted:
        return f"other: {ours.size} for {theirs.size}"
    small = [
        image.resize((SIDE_PX, SIDE_PX), Image.Resampling.BOX, reducing_gap=None)
        for image in (ours, theirs)
    ]
    difference = max(ImageStat.Stat(ImageChops.difference(*small)).mean)
    return "same" if difference <= DIFFERENCE_MAX else f"other: {difference:.1f}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
