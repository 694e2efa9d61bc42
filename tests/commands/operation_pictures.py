"""The README's pictures of newer commands: `python -m tests.commands.operation_pictures`.

Posts of the newer commands, of a prompt that cites a character, and of a video that goes on, as the
playground shows what the real bot posted, and the images of a series side by side, in
`docs/pictures`, and for Chinese readers in `docs/pictures/zh-CN`.
"""

import io
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

from PIL import Image
from playwright.async_api import Locator, Page, async_playwright, expect

from sandbox.discord import Interaction, Upload
from sandbox.kling.samples import clip_with_faces, portrait
from sandbox.playground.ground import Ground
from tests.commands.pictures import QUALITY, SEEK, playing, settled, write_for_all
from tests.commands.reader import Reader
from tests.commands.tour_pictures import picture, strip
from tests.harness.end_to_end.modals import filled
from tests.harness.playground.browser import ARGUMENTS, DESKTOP, chromium, messages, opened
from tests.harness.town import custom_ids

WINDOW: Final[dict[str, Any]] = DESKTOP | {
    "viewport": {"width": 760, "height": 900},
    "device_scale_factor": 1.5,
}
MOMENT_S: Final = 1.5
"""Which moment of a video is shown."""
WAIT_S: Final = 120.0
GREETING: Final = (
    "Good morning, dear neighbours! The coffee is hot.",
    "各位邻居早上好。咖啡已经煮好了。",
)


def orders(reader: Reader) -> dict[str, dict[str, Any]]:
    """Return what is asked for, by command."""
    captain = Upload(portrait("captain"), "captain.png")
    painter = Upload(portrait("painter"), "painter.png")
    dance = Upload(clip_with_faces(1, 3.0, (640, 640), seed="street"), "street.mp4")
    return {
        "motion": {
            "image": captain,
            "video": dance,
            "prompt": reader.either("in the rain", "在雨中"),
            "model": "kling-v2-6",
        },
        "avatar": {"image": captain, "text": reader.either(*GREETING)},
        "effect": {"effect": "nezha", "image": painter},
        "expand": {
            "image": painter,
            "prompt": reader.either("a studio full of canvases", "摆满画布的画室"),
        },
        "sound": {"prompt": reader.either("rain on a tin roof", "雨打铁皮屋顶"), "seconds": 4},
    }


def character(reader: Reader) -> dict[str, Any]:
    """Return who is made before a prompt cites her."""
    name = reader.either("Ana", "安娜")
    return {"name": name, "image": Upload(portrait("captain"), "captain.png")}


def citing(reader: Reader) -> dict[str, Any]:
    """Return what cites her."""
    return {"prompt": reader.either("@Ana mends a net at the harbour", "@安娜 在港口补渔网")}


BOAT: Final = ("a paper boat drifts down a quiet river", "纸船漂在安静的河上")
NEXT: Final = ("the river opens to the sea", "河流汇入大海")
AFTER_SEAM_S: Final = 6.5
SERIES: Final = ("a fox walks home through a winter forest at dusk", "黄昏时狐狸穿过冬天的森林回家")
SERIES_LENGTH: Final = 4
SERIES_SHAPE: Final = "4:3"
SERIES_TILE: Final = (402, 302)
"""Pixels of one of the images."""


async def make_pictures(folder: Path, reader: Reader) -> list[Path]:
    """Make every picture in `folder` and return their files."""
    path = chromium()
    if path is None:
        raise SystemExit("no browser here: apt-get install chromium")
    async with async_playwright() as playwright, playing(reader) as ground:
        browser = await playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        page = await opened(await browser.new_context(**reader.window(WINDOW)), ground.url)
        ground.scene.members[0].locale = reader.locale
        files = []
        for name, options in orders(reader).items():
            await post_of(ground, name, options)
            files.append(await shot(page, messages(page).last, folder / f"{name}.webp"))
        files.append(await shown_by_name(ground, page, folder / "character.webp", reader))
        files.append(await continued(ground, page, folder / "continue.webp", reader))
        files.append(await in_a_row(ground, folder / "series.webp", reader))
        await browser.close()
    return files


async def shown_by_name(ground: Ground, page: Page, file: Path, reader: Reader) -> Path:
    """Make a character, and keep an image whose prompt cites her."""
    await post_of(ground, "character create", character(reader))
    await post_of(ground, "image", citing(reader))
    return await shot(page, messages(page).last, file)


async def continued(ground: Ground, page: Page, file: Path, reader: Reader) -> Path:
    """Make a video, go on from it by its button and form, and keep both as one."""
    discord, member = ground.bot.discord, ground.scene.members[0]
    await post_of(ground, "video", {"prompt": reader.either(*BOAT), "duration": 5})
    first = discord.messages(ground.scene.channels[0])[-1]
    [button] = [one for one in custom_ids(first) if one.startswith("kling:continue:")]
    opened = await (await discord.click(member, first, button)).answered()

    async def send() -> Interaction:
        return await discord.submit_modal(opened, filled(opened, prompt=reader.either(*NEXT)))

    await posted_after(ground, send)
    return await shot(page, messages(page).last, file, AFTER_SEAM_S)


async def in_a_row(ground: Ground, file: Path, reader: Reader) -> Path:
    """Make a series, and keep its images side by side."""
    asked = {"series": SERIES_LENGTH, "aspect_ratio": SERIES_SHAPE}
    await post_of(ground, "image", {"prompt": reader.either(*SERIES), **asked})
    posted = ground.bot.discord.messages(ground.scene.channels[0])[-1].attachments
    return strip([picture(one.data or b"") for one in posted], file, SERIES_TILE)


async def post_of(ground: Ground, command: str, options: dict[str, Any]) -> None:
    """Use a command, answer the question about its price, and wait for what is posted."""
    scene = ground.scene

    async def ask() -> Interaction:
        return await ground.bot.discord.slash(scene.members[0], scene.channels[0], command, options)

    await posted_after(ground, ask)


async def posted_after(ground: Ground, ask: Callable[[], Awaitable[Interaction]]) -> None:
    """Ask, start what is asked about, and wait for the message that is no card."""
    discord, channel = ground.bot.discord, ground.scene.channels[0]

    def posts() -> int:
        said = discord.messages(channel)
        return sum(m.author is discord.bot and m.interaction is None for m in said)

    before = posts()
    await _started(ground, await (await ask()).answered())
    await discord.until(lambda: posts() > before, WAIT_S)


async def _started(ground: Ground, asked: Interaction) -> None:
    if asked.ephemeral and asked.message is not None:
        [start] = [one for one in custom_ids(asked.message) if one.startswith("kling:start:")][:1]
        pressed = await ground.bot.discord.click(ground.scene.members[0], asked.message, start)
        await pressed.answered()


async def shot(page: Page, message: Locator, file: Path, moment_s: float = MOMENT_S) -> Path:
    """Keep a message, with its video at a moment in the middle."""
    await expect(message.locator("video, audio, .tile img").first).to_be_visible()
    await settled(page)
    if await message.locator("video").count():
        clip = message.locator("video").first
        await clip.evaluate("one => (one.controls = false)")  # else a circle turns on it
        await clip.evaluate(SEEK, moment_s)
    await page.mouse.move(0, 0)
    picture = Image.open(io.BytesIO(await message.screenshot())).convert("RGB")
    picture.save(file, quality=QUALITY, method=6)
    return file


if __name__ == "__main__":
    write_for_all(make_pictures)
