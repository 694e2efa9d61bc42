"""The pictures of docs/members.md and docs/managers.md: `python -m tests.commands.daily_pictures`.

What the real bot answers in the playground to members and managers in their daily life, each in
the dark and in the light theme, in `docs/pictures`, and for Chinese readers in
`docs/pictures/zh-CN`.
"""

from pathlib import Path
from typing import Any, Final

from playwright.async_api import Locator, Page, async_playwright, expect

from sandbox.playground.ground import Ground
from tests.commands.money_pictures import both, look_as, make, send
from tests.commands.operation_pictures import character, citing, post_of
from tests.commands.pictures import playing, write_for_all
from tests.commands.reader import ENGLISH, Reader
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
STORMY: Final = ("a lighthouse above a stormy sea, oil painting", "暴风雨中的灯塔油画")
CALM: Final = ("a lighthouse above a calm sea at dawn, oil painting", "黎明平静海面上的灯塔油画")
CALM_WORDS: Final = ("calm sea", "平静")
BOATS: Final = ("paper boats on a river at dawn", "黎明河面上的纸船")
WAVES: Final = ("waves at night", "夜里的海浪")
PARTY: Final = ("a surprise for the birthday party", "生日聚会上的惊喜")
IMAGE: Final = "/image prompt: {}"
REFUSED: Final = "/video prompt: {} model: kling-v2-5-turbo sound: True"
PRIVATE: Final = "/image prompt: {} private: True"


async def make_pictures(folder: Path, reader: Reader) -> list[Path]:
    """Make every picture in `folder` and return their files."""
    path = chromium()
    if path is None:
        raise SystemExit("no browser here: apt-get install chromium")
    async with async_playwright() as playwright, playing(reader) as ground:
        browser = await playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        page = await opened(await browser.new_context(**reader.window(WINDOW)), ground.url)
        scenes = _Scenes(ground, page, folder, reader)
        await scenes.managers_set()
        await scenes.members_go_on()
        await scenes.members_look_back()
        await scenes.all_see()
        await scenes.members_cite_a_character()
        await browser.close()
    return scenes.made


class _Scenes:
    def __init__(self, ground: Ground, page: Page, folder: Path, reader: Reader) -> None:
        self._ground = ground
        self._page = page
        self._folder = folder
        self._reader = reader
        self.made: list[Path] = []

    async def managers_set(self) -> None:
        """The page of everything that is set."""
        page = self._page
        await look_as(page, "owner")
        for line in SETTINGS:
            before = await messages(page).count()
            await send(page, line.format(image_units=IMAGE_UNITS), self._reader)
            await expect(messages(page)).to_have_count(before + 1)
        await command(page, "settings show")
        shown = self._said("settings.title")
        await expect(shown).to_contain_text(self._reader.text("server_setting.showcase"))
        await self._keep(shown, "settings")

    async def members_go_on(self) -> None:
        """A result with its controls, a form, a refusal with repairs, a private result."""
        page, reader = self._page, self._reader
        await look_as(page, "member")
        await make(page, IMAGE.format(reader.either(*STORMY)), reader)
        result = self._said("result.image.one")
        await self._keep(result, "result")
        await result.get_by_role("button", name=reader.text("button.edit"), exact=True).click()
        form = page.get_by_role("dialog")
        await form.get_by_label(reader.text("form.prompt.image")).fill(reader.either(*CALM))
        await self._keep(form, "edit-form")
        before = await page.locator(".tile img").count()
        await form.get_by_role("button", name=reader.word("modal.submit")).click()
        await expect(page.locator(".tile img")).not_to_have_count(before)
        await result.locator(".tile img").click(button="right")
        menu = page.get_by_role("menu")
        await expect(menu.get_by_role("menuitem", name=reader.text("menu.restyle"))).to_be_visible()
        await self._keep(menu, "right-click")
        await menu.get_by_role("menuitem", name=reader.text("menu.lipsync"), exact=True).click()
        form = page.get_by_role("dialog", name=reader.text("form.lipsync"))
        await self._keep(form, "lip-sync-form")
        await form.get_by_role("button", name=reader.word("modal.cancel")).click()
        await send(page, REFUSED.format(reader.either(*WAVES)), reader)
        refusal = self._said("refusal.repairs")
        await expect(refusal).to_be_visible()
        await self._keep(refusal, "repairs")
        await make(page, PRIVATE.format(reader.either(*PARTY)), reader)
        party = messages(page).filter(has_text=reader.either(*PARTY))
        await self._keep(party.last, "private")

    async def members_look_back(self) -> None:
        """What came from what, and the question before everything is deleted."""
        page = self._page
        await command(page, "history")
        listed = self._said("history.header.other")
        await listed.get_by_role("combobox").click()
        await listed.get_by_role("option").filter(has_text=self._reader.either(*CALM_WORDS)).click()
        tree = self._said("history.tree")
        await expect(tree).to_be_visible()
        await self._keep(tree, "history")
        await command(page, "mydata delete")
        question = self._said("mydata.title")
        await expect(question).to_be_visible()
        await self._keep(question, "mydata")

    async def all_see(self) -> None:
        """A copy in the showcase, and a notice to the managers."""
        page = self._page
        reader = self._reader
        await make(page, IMAGE.format(reader.either(*BOATS)), reader)
        for name in ("moderator", "newcomer"):
            await look_as(page, name)
            result = messages(page).filter(has_text=reader.text("result.image.one")).first
            await result.get_by_role("button", name=reader.text("button.star")).click()
            await expect(messages(page).last).to_contain_text("#showcase")
        await look_as(page, "owner")
        await self._go("showcase")
        copy = messages(page).filter(has_text="@member").last
        await expect(copy.locator(".tile img")).to_be_visible()
        await self._keep(copy, "showcase")
        await self._go("lounge")
        said = ENGLISH.text("notice.limit_nearly")  # whatever their language
        notice = messages(page).filter(has_text=said).last
        await expect(notice).to_be_visible()
        await self._keep(notice, "notice")

    async def members_cite_a_character(self) -> None:
        """A character that is ready, and an image whose prompt names her."""
        page, cites = self._page, citing(self._reader)
        await look_as(page, "member")
        await self._go("studio")
        await post_of(self._ground, "character create", character(self._reader))
        await self._keep(self._said("result.character"), "character")
        await post_of(self._ground, "image", cites)
        cited = messages(page).filter(has_text=cites["prompt"]).last
        await expect(cited.locator(".tile img")).to_be_visible()
        await self._keep(cited, "character-cited")

    async def _go(self, channel: str) -> None:
        navigation = self._page.get_by_role("navigation")
        await navigation.get_by_role("button", name=channel).click()

    def _said(self, key: str) -> Locator:
        """Return the newest message with this text of the bot."""
        return messages(self._page).filter(has_text=self._reader.text(key)).last

    async def _keep(self, shown: Locator, name: str) -> None:
        self.made += await both(self._page, shown, self._folder, name)


if __name__ == "__main__":
    write_for_all(make_pictures)
