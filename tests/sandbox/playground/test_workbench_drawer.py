"""The workbench in a real browser: jobs survive what its switches do, and all of it is usable."""

import asyncio

import aiohttp
import pytest
from playwright.async_api import BrowserContext, Locator, Page, expect

from sandbox.playground.ground import Ground
from sandbox.process import TOKEN
from tests.harness.playground.accessibility import grave
from tests.harness.playground.browser import opened
from tests.harness.playground.drawer import create, refuse

pytestmark = pytest.mark.sweep

PROMPT = "a paper boat on a quiet river"
TABS = ("Calls", "Kling", "Faults", "Log")


async def open_workbench(page: Page) -> Locator:
    """The workbench, opened by its keys."""
    await page.keyboard.press("Control+`")
    drawer = page.get_by_role("complementary", name="Workbench")
    await expect(drawer.get_by_role("tab", name="Calls")).to_be_focused()
    return drawer


async def at_work(ground: Ground, browser: BrowserContext) -> tuple[Page, Locator]:
    """The page of a running bot, and its open workbench."""
    await ground.bot.start_bot()
    page = await opened(browser, ground.url)
    return page, await open_workbench(page)


async def ask_for_picture(page: Page) -> Locator:
    """Use /image by keyboard; the channel in which its card appears."""
    box = page.get_by_label("Message #studio")
    await box.focus()
    await page.keyboard.type("/image ")
    await page.keyboard.type(PROMPT)
    await page.keyboard.press("Enter")
    channel = page.get_by_role("log")
    await expect(channel).to_contain_text(PROMPT)
    return channel


async def switch(drawer: Locator, name: str, *, on: bool) -> None:
    """Flip a switch of the faults and wait until it shows that it is so."""
    await drawer.get_by_role("tab", name="Faults").click()
    fault = drawer.get_by_role("switch", name=name)
    await fault.click()
    await expect(fault).to_have_attribute("aria-checked", str(on).lower())
    await expect(fault).not_to_have_attribute("aria-busy", "true")


async def test_a_job_survives_kill_9(ground: Ground, browser: BrowserContext) -> None:
    """Killed while Kling works on it and started again, the bot posts the picture."""
    page, drawer = await at_work(ground, browser)
    await switch(drawer, "Slow Kling", on=True)
    channel = await ask_for_picture(page)
    await drawer.get_by_role("tab", name="Kling").click()
    task = drawer.get_by_role("listitem").filter(has_text=PROMPT)
    await expect(task).to_contain_text("processing")
    await switch(drawer, "Bot killed (kill -9)", on=True)
    assert ground.bot.process is not None
    assert ground.bot.process.returncode == -9
    await expect(page.get_by_text("Kling is offline")).to_be_visible()
    await switch(drawer, "Slow Kling", on=False)
    await switch(drawer, "Bot killed (kill -9)", on=False)
    picture = channel.get_by_role("button", name=f"Open {PROMPT}")
    await expect(picture).to_be_visible()
    assert len(ground.bot.kling.creates) == 1


async def test_a_failed_task_is_told_to_its_member(ground: Ground, browser: BrowserContext) -> None:
    """The button fails the task, the card in the channel says so, and the list shows why."""
    page, drawer = await at_work(ground, browser)
    await switch(drawer, "Slow Kling", on=True)
    channel = await ask_for_picture(page)
    await drawer.get_by_role("tab", name="Kling").click()
    fail = drawer.get_by_role("button", name=f"Fail: {PROMPT}")
    await fail.focus()
    await page.keyboard.press("Enter")
    task = drawer.get_by_role("listitem").filter(has_text=PROMPT)
    await expect(task).to_contain_text("Internal error")
    await expect(task).to_be_focused()
    await expect(channel).to_contain_text("Kling couldn't finish: “Internal")


async def test_a_job_waits_for_a_free_slot(ground: Ground, browser: BrowserContext) -> None:
    """While Kling has no slot the job waits without a task; after that it continues."""
    page, drawer = await at_work(ground, browser)
    await switch(drawer, "No free slot (1303)", on=True)
    channel = await ask_for_picture(page)
    kling = ground.bot.kling
    await kling.until(lambda: any(one.status == 429 for one in kling.requests), 60)
    assert kling.tasks == {}
    await switch(drawer, "No free slot (1303)", on=False)
    picture = channel.get_by_role("button", name=f"Open {PROMPT}")
    await expect(picture).to_be_visible()


async def test_calls_are_listed_followed_and_found(
    ground: Ground, browser: BrowserContext, http: aiohttp.ClientSession
) -> None:
    """The list follows its end unless one reads above; a text chooses; payloads open on demand."""
    page, drawer = await at_work(ground, browser)
    await ask_for_picture(page)
    calls = drawer.get_by_role("list", name="Calls between").get_by_role("listitem")
    event = calls.filter(has_text="INTERACTION_CREATE")
    await expect(event).to_be_in_viewport()
    await expect(event.locator(".tree")).to_have_count(0)
    await event.locator("summary").focus()
    await page.keyboard.press("Enter")
    await expect(event.locator(".tree")).to_contain_text(f'"{PROMPT}"')
    await page.keyboard.press("Enter")
    for number in range(30):
        await refuse(ground, http, f"line {number} " * 300)
    await expect(calls.filter(has_text="line 29")).to_be_in_viewport()
    first = calls.first
    await first.scroll_into_view_if_needed()
    await refuse(ground, http, "one more " * 300)
    await expect(calls.filter(has_text="one more")).to_have_count(1)
    await expect(first).to_be_in_viewport()
    await drawer.get_by_role("searchbox").fill("LINE 29")
    await expect(calls).to_have_count(1)
    shown = await page.content()
    for secret in (
        TOKEN,
        *(interaction.token for interaction in ground.bot.discord.interactions.all),
    ):
        assert secret not in shown


async def check_tabs(page: Page, drawer: Locator) -> None:
    """Walk through the tabs by keyboard and let axe look at each."""
    await drawer.get_by_role("tab", selected=True).focus()
    await page.keyboard.press("Home")
    for name in TABS:
        await expect(drawer.get_by_role("tab", name=name)).to_be_focused()
        assert await grave(page) == []
        await page.keyboard.press("ArrowRight")


async def test_every_tab_is_accessible(
    ground: Ground, browser: BrowserContext, http: aiohttp.ClientSession
) -> None:
    """Dark and light, at the side and as a sheet, axe finds nothing serious in any tab."""
    await refuse(ground, http, "x" * 2001)
    for _ in range(2):
        await create(ground, http)
    ground.bot.kling.fail(ground.bot.kling.creates[0], "Internal error")
    page = await opened(browser, ground.url)
    drawer = await open_workbench(page)
    await drawer.get_by_role("listitem").locator("summary").click()
    await expect(drawer.get_by_text("BASE_TYPE_BAD_LENGTH").first).to_be_visible()
    await switch(drawer, "Slow Kling", on=True)
    await check_tabs(page, drawer)
    await page.get_by_role("button", name="Switch to light").click()
    await page.set_viewport_size({"width": 390, "height": 844})
    await check_tabs(page, drawer)


async def test_the_drawer_is_remembered_and_escape_closes_it(
    ground: Ground, browser: BrowserContext
) -> None:
    """Open after a reload without taking the focus; closed, the focus is at its button."""
    page = await opened(browser, ground.url)
    opener = page.get_by_role("button", name="Workbench", exact=True)
    drawer = page.get_by_role("complementary", name="Workbench")
    await expect(drawer).to_be_hidden()
    await opener.click()
    await page.keyboard.press("End")
    await expect(drawer.get_by_role("tab", name="Log")).to_be_focused()
    await asyncio.gather(page.wait_for_event("load"), page.reload())
    await expect(page.get_by_label("Message #studio")).to_be_focused()
    await expect(drawer.get_by_role("tab", name="Log")).to_have_attribute("aria-selected", "true")
    await expect(opener).to_have_attribute("aria-expanded", "true")
    await drawer.get_by_role("tab", name="Log").focus()
    await page.keyboard.press("Escape")
    await expect(drawer).to_be_hidden()
    await expect(opener).to_be_focused()
    await page.reload()
    await expect(page.get_by_label("Message #studio")).to_be_focused()
    await expect(drawer).to_be_hidden()
