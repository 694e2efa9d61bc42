"""The pictures of docs/money.md, made by the page: `python -m tests.commands.money_pictures`.

A question about a price, a refusal and `/usage`, as the real bot answers in the playground, each
in the dark and in the light theme, in `docs/pictures`. Of these, Chinese pages show the question.
"""

import io
from pathlib import Path
from typing import Any, Final

from PIL import Image
from playwright.async_api import Locator, Page, async_playwright, expect

from tests.commands.pictures import QUALITY, playing, settled, write_for_all
from tests.commands.reader import ENGLISH, Reader
from tests.harness.playground.browser import ARGUMENTS, DESKTOP, chromium, command, messages, opened

WINDOW: Final[dict[str, Any]] = DESKTOP | {
    "viewport": {"width": 900, "height": 1200},  # else the page's head covers /usage
    "device_scale_factor": 2,
}
THEMES: Final = ("dark", "light")
LIMIT: Final = "/settings budget role role: @artists video: 12"
PICTURE: Final = "/image prompt: {prompt} n: {n}"
FOX: Final = ("a fox in the snow, woodcut", "雪中狐狸木刻画")
DEAR: Final = "/video prompt: {prompt} model: kling-v3 mode: pro duration: 10"
STORM: Final = ("a lighthouse in a storm", "暴风雨中的灯塔")
TOO_MUCH: Final = "/video prompt: a storm at sea model: kling-v3 mode: Professional duration: 8"


async def make_pictures(folder: Path, reader: Reader) -> list[Path]:
    """Make every picture in `folder` and return their files."""
    path = chromium()
    if path is None:
        raise SystemExit("no browser here: apt-get install chromium")
    async with async_playwright() as playwright, playing(reader) as ground:
        browser = await playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        page = await opened(await browser.new_context(**reader.window(WINDOW)), ground.url)
        await look_as(page, "owner")
        await send(page, LIMIT, reader)
        await expect(messages(page).last).to_contain_text("@artists")
        await look_as(page, "moderator")
        await make(page, PICTURE.format(n=2, prompt=reader.either(*FOX)), reader)
        await look_as(page, "member")
        await make(page, PICTURE.format(n=4, prompt=reader.either(*FOX)), reader)
        await send(page, DEAR.format(prompt=reader.either(*STORM)), reader)
        question = messages(page).filter(has_text=reader.text("question.title.video")).last
        await expect(question).to_be_visible()
        made = await both(page, question, folder, "price-question")
        if reader is not ENGLISH:
            await browser.close()
            return made
        await question.get_by_role("button", name="Start", exact=True).click()
        await expect(messages(page).last.locator("video")).to_be_visible()
        await send(page, TOO_MUCH, reader)
        refusal = messages(page).filter(has_text="left for today").last
        await expect(refusal).to_contain_text("would still fit")
        made += await both(page, refusal, folder, "refusal")
        await look_as(page, "owner")
        await command(page, "usage")
        usage = messages(page).filter(has_text="Usage in").last
        await expect(usage.locator(".tile img")).to_be_visible()
        made += await both(page, usage, folder, "usage")
        await browser.close()
    return made


async def send(page: Page, line: str, reader: Reader) -> None:
    """Paste a command with its options, and send it."""
    await page.locator("#message-box").click()
    await page.keyboard.insert_text(line)
    leave = page.get_by_role("button", name=reader.word("composer.leave"))
    await expect(leave).to_be_visible()
    await page.get_by_role("button", name=reader.word("composer.send"), exact=True).click()


async def make(page: Page, line: str, reader: Reader) -> None:
    """Use a command and wait for what it makes."""
    before = await page.locator(".tile img").count()
    await send(page, line, reader)
    await expect(page.locator(".tile img")).not_to_have_count(before)
    await settled(page)


async def look_as(page: Page, name: str) -> None:
    """See the server as another member does."""
    await page.get_by_role("radio", name=name).check()


async def both(page: Page, message: Locator, folder: Path, name: str) -> list[Path]:
    """Keep a message as it looks in both themes."""
    await settled(page)
    await page.mouse.move(0, 0)
    files = []
    for theme in THEMES:
        await page.emulate_media(color_scheme=theme)
        files.append(folder / f"{name}-{theme}.webp")
        picture = Image.open(io.BytesIO(await message.screenshot())).convert("RGB")
        picture.save(files[-1], quality=QUALITY, method=6)
    await page.emulate_media(color_scheme=THEMES[0])
    return files


if __name__ == "__main__":
    write_for_all(make_pictures)
