"""The pictures of docs/members.md and docs/managers.md: `python -m tests.commands.daily_pictures`.

What the real bot answers in the playground to members and managers in their daily life, each in
the dark and in the light theme, in `docs/pictures`.
"""

from pathlib import Path
from typing import Any, Final

from playwright.async_api import Locator, Page, async_playwright, expect

from sandbox.playground.ground import Ground
from tests.commands.money_pictures import both, look_as, make, send
from tests.commands.operation_pictures import CITING, character, post_of
from tests.commands.pictures import playing, write
from tests.harness.playground.browser import ARGUMENTS, DESKTOP, chromium, command, messages, opened

WINDOW: Final[dict[str, Any]] = DESKTOP | {
    "viewport": {"width": 900, "height": 1000},
    "device_scale_factor": 2,
}
SETTINGS: Final = (
    "/settings notices channel: #lounge",
    "/settings budget server video: 400 image: {image_units}",
    "/settings budget role role: @artists video: 60",
    "/settings default set name: Mode value: std channel: #lounge",
    "/settings showcase set channel: #showcase presses: 2",
)
IMAGE_UNITS: Final = 40
"""Of which the pictures of these scenes use enough for a notice."""
FIRST: Final = "/image prompt: a lighthouse above a stormy sea, oil painting"
EDITED: Final = "a lighthouse above a calm sea at dawn, oil painting"
BOATS: Final = "/image prompt: paper boats on a river at dawn"
REFUSED: Final = "/video prompt: waves at night model: kling-v2-5-turbo sound: True"
PRIVATE: Final = "/image prompt: a surprise for the birthday party private: True"


async def make_pictures(folder: Path) -> list[Path]:
    """Make every picture in `folder` and return their files."""
    path = chromium()
    if path is None:
        raise SystemExit("no browser here: apt-get install chromium")
    async with async_playwright() as playwright, playing() as ground:
        browser = await playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        page = await opened(await browser.new_context(**WINDOW), ground.url)
        scenes = _Scenes(ground, page, folder)
        await scenes.managers_set()
        await scenes.members_go_on()
        await scenes.members_look_back()
        await scenes.all_see()
        await scenes.members_cite_a_character()
        await browser.close()
    return scenes.made


class _Scenes:
    def __init__(self, ground: Ground, page: Page, folder: Path) -> None:
        self._ground = ground
        self._page = page
        self._folder = folder
        self.made: list[Path] = []

    async def managers_set(self) -> None:
        """The page of everything that is set."""
        page = self._page
        await look_as(page, "owner")
        for line in SETTINGS:
            before = await messages(page).count()
            await send(page, line.format(image_units=IMAGE_UNITS))
            await expect(messages(page)).to_have_count(before + 1)
        await command(page, "settings show")
        shown = messages(page).filter(has_text="Settings of this server").last
        await expect(shown).to_contain_text("Showcase")
        await self._keep(shown, "settings")

    async def members_go_on(self) -> None:
        """A result with its controls, a form, a refusal with repairs, a private result."""
        page = self._page
        await look_as(page, "member")
        await make(page, FIRST)
        result = messages(page).filter(has_text="your image is ready").last
        await self._keep(result, "result")
        await result.get_by_role("button", name="Edit", exact=True).click()
        form = page.get_by_role("dialog")
        await form.get_by_label("What you want to see").fill(EDITED)
        await self._keep(form, "edit-form")
        before = await page.locator(".tile img").count()
        await form.get_by_role("button", name="Submit").click()
        await expect(page.locator(".tile img")).not_to_have_count(before)
        await result.locator(".tile img").click(button="right")
        menu = page.get_by_role("menu")
        await expect(menu.get_by_role("menuitem", name="Restyle")).to_be_visible()
        await self._keep(menu, "right-click")
        await menu.get_by_role("menuitem", name="Lip-sync", exact=True).click()
        form = page.get_by_role("dialog", name="Lip-sync")
        await self._keep(form, "lip-sync-form")
        await form.get_by_role("button", name="Cancel").click()
        await send(page, REFUSED)
        refusal = messages(page).filter(has_text="Or start it like this").last
        await expect(refusal).to_be_visible()
        await self._keep(refusal, "repairs")
        await make(page, PRIVATE)
        await self._keep(messages(page).filter(has_text="birthday party").last, "private")

    async def members_look_back(self) -> None:
        """What came from what, and the question before everything is deleted."""
        page = self._page
        await command(page, "history")
        listed = messages(page).filter(has_text="latest ended jobs").last
        await listed.get_by_role("combobox").click()
        await listed.get_by_role("option").filter(has_text="a calm sea").click()
        tree = messages(page).filter(has_text="What came from what").last
        await expect(tree).to_be_visible()
        await self._keep(tree, "history")
        await command(page, "mydata delete")
        question = messages(page).filter(has_text="Delete everything of yours?").last
        await expect(question).to_be_visible()
        await self._keep(question, "mydata")

    async def all_see(self) -> None:
        """A copy in the showcase, and a notice to the managers."""
        page = self._page
        await make(page, BOATS)
        for name in ("moderator", "newcomer"):
            await look_as(page, name)
            result = messages(page).filter(has_text="your image is ready").first
            await result.get_by_role("button", name="Star").click()
            await expect(messages(page).last).to_contain_text("#showcase")
        await look_as(page, "owner")
        await self._go("showcase")
        copy = messages(page).filter(has_text="By @member").last
        await expect(copy.locator(".tile img")).to_be_visible()
        await self._keep(copy, "showcase")
        await self._go("lounge")
        notice = messages(page).filter(has_text="of this server's limit").last
        await expect(notice).to_be_visible()
        await self._keep(notice, "notice")

    async def members_cite_a_character(self) -> None:
        """A character that is ready, and an image whose prompt names her."""
        page = self._page
        await post_of(self._ground, "character create", character())
        await self._keep(messages(page).filter(has_text="character is ready").last, "character")
        await post_of(self._ground, "image", CITING)
        cited = messages(page).filter(has_text=CITING["prompt"]).last
        await expect(cited.locator(".tile img")).to_be_visible()
        await self._keep(cited, "character-cited")

    async def _go(self, channel: str) -> None:
        navigation = self._page.get_by_role("navigation")
        await navigation.get_by_role("button", name=channel).click()

    async def _keep(self, shown: Locator, name: str) -> None:
        self.made += await both(self._page, shown, self._folder, name)


if __name__ == "__main__":
    write(make_pictures)
