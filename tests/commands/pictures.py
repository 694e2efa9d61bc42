"""The pictures of the README, made by the page itself: `python -m tests.commands.pictures`.

Screenshots and a short recording of the real bot in the playground, in `docs/pictures`, and for
Chinese readers in `docs/pictures/zh-CN`.
"""

import asyncio
import io
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from PIL import Image
from playwright.async_api import Browser, Page, async_playwright, expect

from sandbox.kling import Script
from sandbox.playground.ground import Ground, open_ground
from sandbox.playground.run import start
from tests.commands.reader import READERS, Reader
from tests.harness.playground.browser import (
    ARGUMENTS,
    AT_END,
    BOUND_MS,
    DESKTOP,
    PHONE,
    chromium,
    messages,
    opened,
)

PICTURES: Final = Path(__file__).parents[2] / "docs" / "pictures"
WINDOW: Final = {"width": 1120, "height": 720}
QUALITY: Final = 82
STORY: Final = ("a lighthouse above a stormy sea, oil painting", "暴风雨中的灯塔油画")
CLIP: Final = (
    "a paper boat drifting down a quiet river at dawn",
    "黎明时一只纸船在安静的河上缓缓漂流",
)
FRAME_MS: Final = 100
TYPED_AT_ONCE: Final = 2


class Recording:
    """Frames as they were seen, with how long each is shown."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._frames: list[tuple[Image.Image, int]] = []

    async def see(self, shown_ms: int = FRAME_MS) -> None:
        """Keep what the page shows now."""
        seen = Image.open(io.BytesIO(await self._page.screenshot())).convert("RGB")
        self._frames.append((seen, shown_ms))

    async def type(self, text: str) -> None:
        """Type, seen a few letters at a time."""
        for at in range(0, len(text), TYPED_AT_ONCE):
            await self._page.keyboard.type(text[at : at + TYPED_AT_ONCE])
            await self.see()

    async def play(self, clip: str, seconds: float) -> None:
        """See a clip play, frame by frame; its controls are out of sight, as while it plays."""
        await self._page.get_by_label(clip, exact=True).evaluate("one => (one.controls = false)")
        for number in range(round(seconds * 1000 / FRAME_MS)):
            await self._page.get_by_label(clip, exact=True).evaluate(SEEK, number * FRAME_MS / 1000)
            await self.see()

    def save(self, file: Path) -> None:
        """Write the frames as one animated WebP."""
        (first, _), *others = self._frames
        first.save(
            file,
            save_all=True,
            append_images=[frame for frame, _ in others],
            duration=[shown_ms for _, shown_ms in self._frames],
            loop=0,
            quality=QUALITY,
            method=4,
        )


SEEK: Final = """(clip, at) => new Promise((done) => {
  clip.addEventListener("seeked", () => requestAnimationFrame(() => done()), { once: true });
  clip.currentTime = at;
})"""


LETTERS: Final = "图片⭐👁"
DRAWN_APART: Final = """(letters) => new Set([...letters].map((letter) => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 48, height: 48 });
  const pen = canvas.getContext("2d");
  pen.font = "24px sans-serif";
  pen.fillText(letter, 8, 32);
  return canvas.toDataURL();
})).size"""
"""How many of the letters look different."""


async def make_pictures(folder: Path, reader: Reader) -> list[Path]:
    """Make every picture in `folder` and return their files."""
    path = chromium()
    if path is None:
        raise SystemExit("no browser here: apt-get install chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        async with playing(reader) as ground:
            made = [
                await screenshot(browser, ground, folder / "playground.webp", reader),
                await phone(browser, ground, folder / "playground-phone.webp", reader),
            ]
        async with playing(reader) as ground:
            file = folder / "playground-first-minute.webp"
            made.append(await recording(browser, ground, file, reader))
        await browser.close()
    return made


@asynccontextmanager
async def playing(reader: Reader) -> AsyncIterator[Ground]:
    """A ground with the bot in it, a server in the reader's language; tasks end at once."""
    with tempfile.TemporaryDirectory() as folder:
        async with open_ground(Path(folder), invited=False) as ground:
            ground.scene.guild.locale = reader.locale
            ground.bot.kling.script(Script(queue_s=0, takes_s=0, times=None))
            await start(ground, sys.stderr)
            yield ground


async def screenshot(browser: Browser, ground: Ground, file: Path, reader: Reader) -> Path:
    """Four pictures for one command."""
    page, story = await window_of(browser, ground, reader), reader.either(*STORY)
    await image(page, story, 4)
    tiles = page.get_by_role("button", name=reader.word("media.open", name=story))
    await expect(tiles.locator("img")).to_have_count(4)
    await settled(page)
    return await shot(page, file)


async def phone(browser: Browser, ground: Ground, file: Path, reader: Reader) -> Path:
    """What the other page made, on a phone by day, with the commands open."""
    size: dict[str, Any] = PHONE | {"color_scheme": "light", "device_scale_factor": 2}
    page = await opened(await browser.new_context(**reader.window(size)), ground.url)
    await settled(page)
    await page.keyboard.type("/")
    await expect(page.get_by_role("option", name="/video")).to_be_visible()
    return await shot(page, file)


async def shot(page: Page, file: Path) -> Path:
    """Keep what the page shows."""
    picture = Image.open(io.BytesIO(await page.screenshot())).convert("RGB")
    picture.save(file, quality=QUALITY, method=6)
    return file


async def recording(browser: Browser, ground: Ground, file: Path, reader: Reader) -> Path:
    """From the slash to the playing clip."""
    page, story = await window_of(browser, ground, reader), reader.either(*CLIP)
    seen = Recording(page)
    await seen.see(700)
    await page.keyboard.type("/")
    await expect(page.get_by_role("option", name="/video")).to_be_visible()
    await seen.see(900)
    await seen.type("vid")
    await page.keyboard.press("Enter")
    await seen.see(500)
    await seen.type(story)
    await seen.see(500)
    await page.keyboard.press("Enter")
    await expect(messages(page).last).to_contain_text(story)
    await seen.see(1200)
    await expect(page.get_by_label(story, exact=True)).to_be_visible()
    await settled(page)
    await page.wait_for_function(AT_END, timeout=BOUND_MS)
    await seen.play(story, 4)
    seen.save(file)
    return file


async def window_of(browser: Browser, ground: Ground, reader: Reader) -> Page:
    """A page in the size of the pictures."""
    size: dict[str, Any] = DESKTOP | {"viewport": WINDOW, "device_scale_factor": 1}
    return await opened(await browser.new_context(**reader.window(size)), ground.url)


async def image(page: Page, prompt: str, count: int) -> None:
    """Ask for pictures by keyboard."""
    keys = page.keyboard
    await keys.type("/image ")
    await keys.type(prompt)
    await keys.press("Tab")
    await keys.type("n")
    await keys.press("Enter")
    await keys.type(str(count))
    await keys.press("Enter")


async def settled(page: Page) -> None:
    """Wait until every picture and clip on the page has its pixels."""
    await page.wait_for_function(
        """() => [...document.querySelectorAll(".tile img")].every((one) => {
            one.loading = "eager";  // also what is far out of sight
            return one.complete;
          })
          && [...document.querySelectorAll("video")].every(
            ({ readyState, networkState }) => readyState === 4 && networkState === 1)""",
        timeout=BOUND_MS,
    )
    await page.evaluate(
        "Promise.all([...document.querySelectorAll('.tile img')].map((one) => one.decode()))"
    )


async def check_fonts() -> None:
    """End where letters or emoji would be drawn as boxes, which look alike."""
    path = chromium()
    if path is None:
        raise SystemExit("no browser here: apt-get install chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        apart = await (await browser.new_page()).evaluate(DRAWN_APART, LETTERS)
        await browser.close()
    if apart < len(LETTERS):
        raise SystemExit("fonts are missing: apt-get install fonts-noto-cjk fonts-noto-color-emoji")


def write(make: Callable[[Path], Coroutine[Any, Any, list[Path]]]) -> None:
    """Make pictures in the folder that was named, or in the docs, and say how large they are."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else PICTURES
    folder.mkdir(exist_ok=True)
    asyncio.run(check_fonts())
    for file in asyncio.run(make(folder)):
        print(f"{file}: {file.stat().st_size / 1024:.0f} KiB")


def write_for_all(make: Callable[[Path, Reader], Coroutine[Any, Any, list[Path]]]) -> None:
    """Make them for the readers of each language, or of the one that was named second, as above."""
    wanted = sys.argv[2:] or [reader.locale for reader in READERS]

    async def everyone(folder: Path) -> list[Path]:
        made: list[Path] = []
        for reader in READERS:
            if reader.locale not in wanted:
                continue
            into = folder / reader.folder
            await asyncio.to_thread(into.mkdir, exist_ok=True)
            made += await make(into, reader)
        return made

    write(everyone)


if __name__ == "__main__":
    write_for_all(make_pictures)
