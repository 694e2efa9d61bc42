"""What came to nothing is said where it was tried, in the reader's language."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import BrowserContext, Locator, Page, expect

from sandbox.playground.ground import Ground
from tests.harness.playground.browser import DESKTOP, NewReader, command, messages, opened
from tests.harness.playground.forms_bot import forms_bot_in
from tests.harness.playground.grounds import patient_ground

pytestmark = pytest.mark.sweep

SOON_S = 0.2
NO_ANSWER = "The application did not respond"
COVERED = """(element) => {
  const { left, top, width, height } = element.getBoundingClientRect();
  return !element.contains(document.elementFromPoint(left + width / 2, top + height / 2));
}"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def silent(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Ground]:
    """A ground with a bot that says nothing to some commands, and a Discord that waits briefly."""
    async with (
        patient_ground(tmp_path_factory.mktemp("ground")) as ground,
        forms_bot_in(ground.bot.discord),
    ):
        yield ground


async def idle_controls(page: Page) -> Locator:
    """A message whose controls do nothing."""
    await command(page, "idle")
    shown = messages(page).filter(has_text="idle controls").last
    await expect(shown.get_by_role("button", name="Idle")).to_be_visible()
    return shown


async def test_a_command_without_an_answer(silent: Ground, browser: BrowserContext) -> None:
    """It is said under the member's command, and the form is there to try again."""
    page = await opened(browser, silent.url)
    await page.keyboard.press("Control+`")
    silent.bot.discord.interactions.answer_within_s = SOON_S
    await command(page, "silent")
    failed = messages(page).last
    await expect(failed.get_by_role("alert")).to_have_text(NO_ANSWER)
    await expect(failed).to_contain_text("member used /silent")
    await expect(page.get_by_role("group", name="/silent")).to_be_visible()
    for tab in await page.get_by_role("tab").all():
        assert not await tab.evaluate(COVERED)
    await failed.get_by_role("button", name="Dismiss message").click()
    await expect(messages(page).filter(has_text=NO_ANSWER)).to_have_count(0)


async def test_controls_without_an_answer(silent: Ground, browser: BrowserContext) -> None:
    """Under the button or the select, once however often it is tried, and in its own message."""
    page = await opened(browser, silent.url)
    silent.bot.discord.interactions.answer_within_s = 50
    shown = await idle_controls(page)
    silent.bot.discord.interactions.answer_within_s = SOON_S
    for _ in range(2):
        await shown.get_by_role("button", name="Idle").click()
        await expect(shown.get_by_role("alert")).to_have_text(NO_ANSWER)
    await shown.get_by_role("combobox").click()
    await shown.get_by_role("option", name="two").click()
    await expect(shown.locator(".row + .failure")).to_have_text(NO_ANSWER)
    await expect(shown.get_by_role("alert")).to_have_count(1)


async def test_a_menu_without_an_answer(silent: Ground, browser: BrowserContext) -> None:
    """A command of a message's menu says so like any other, by its name."""
    page = await opened(browser, silent.url)
    silent.bot.discord.interactions.answer_within_s = SOON_S
    await page.keyboard.type("something")
    await page.keyboard.press("Enter")
    said = messages(page).filter(has_text="something").last
    await said.click(button="right")
    await page.get_by_role("menuitem", name="Say nothing").click()
    await expect(messages(page).last).to_contain_text("member used Say nothing")
    await expect(messages(page).last.get_by_role("alert")).to_have_text(NO_ANSWER)


async def test_refusals_in_chinese(silent: Ground, new_reader: NewReader) -> None:
    """Discord's client, Discord itself and the playground refuse in the language of the page."""
    page = await opened(await new_reader(**DESKTOP | {"locale": "zh-CN"}), silent.url)
    box = page.locator("#message-box")
    silent.bot.discord.interactions.answer_within_s = SOON_S
    await box.press_sequentially("/silent ")
    await page.keyboard.press("Enter")
    await expect(messages(page).last.get_by_role("alert")).to_have_text("该应用没有响应")
    await page.get_by_role("button", name="退出命令").click()
    channels, studio = silent.bot.discord.store.channels, silent.scene.channels[0]
    del channels[studio.id]
    await box.fill("你好")
    await box.press("Enter")
    await expect(page.get_by_text("未知的频道")).to_be_visible()
    channels[studio.id] = studio
    refused = await page.evaluate(
        """async () => {
          const { Connection } = await import("/page/js/connection.js");
          const connection = new Connection();
          await new Promise((done) => {
            connection.addEventListener("open", done, { once: true });
            connection.open();
          });
          return connection.ask("dance").catch((error) => error.message);
        }"""
    )
    assert refused == "请先请求视图"
