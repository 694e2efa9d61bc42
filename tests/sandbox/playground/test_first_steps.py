"""First steps: what an empty channel proposes, sample files, commands that are mentioned."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import BrowserContext, Locator, Page, expect

from sandbox.playground.ground import Ground
from sandbox.playground.samples import SAMPLES
from tests.harness.playground.browser import (
    DESKTOP,
    PHONE,
    NewReader,
    hold_samples,
    messages,
    opened,
)
from tests.harness.playground.forms_bot import forms_bot_in
from tests.harness.playground.grounds import patient_ground


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def forming(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Ground]:
    """A ground with the bot of these tests in it."""
    async with (
        patient_ground(tmp_path_factory.mktemp("ground")) as ground,
        forms_bot_in(ground.bot.discord),
    ):
        yield ground


def starters(page: Page) -> Locator:
    """What an empty channel proposes to try."""
    return page.get_by_role("group", name="Try this").get_by_role("button")


async def go(page: Page, name: str) -> None:
    """Look at another channel."""
    await page.get_by_role("navigation").get_by_role("button", name=name).click()
    await expect(page.get_by_label(f"Message #{name}")).to_be_visible()


async def mention(ground: Ground, text: str) -> None:
    """Let a member write a text in which `{name}` stands for the id of a command."""
    ids = {one["name"]: one["id"] for one in ground.bot.discord.commands}
    scene = ground.scene
    await ground.bot.discord.say(scene.members[0], scene.channels[0], text.format(**ids))


@pytest.mark.parametrize(
    "size", [pytest.param(DESKTOP, marks=pytest.mark.sweep), PHONE], ids=["desktop", "phone"]
)
async def test_two_clicks_lead_to_the_choice_of_a_face(
    playing: Ground, new_reader: NewReader, size: dict[str, Any]
) -> None:
    """A starter and Send: the bot asks which of two people should speak."""
    page = await opened(await new_reader(**size), playing.url)
    if size is PHONE:
        await page.get_by_role("button", name="Show channels").click()
    await go(page, "lounge" if size is DESKTOP else "storyboard")
    await expect(starters(page)).to_have_count(3)
    await starters(page).filter(has_text="Two people").click()
    await page.get_by_role("button", name="Send").click()
    faces = page.get_by_role("combobox", name="Which face should speak?")
    await expect(faces).to_be_visible()
    await expect(starters(page)).to_have_count(0)


@pytest.mark.sweep
async def test_each_starter_is_filled_in(playing: Ground, browser: BrowserContext) -> None:
    """A starter leaves nothing to be filled in: sent as it is, the bot takes it."""
    page = await opened(browser, playing.url)
    for name in ("image", "video"):
        await expect(starters(page)).to_have_count(3)
        await starters(page).filter(has_text=f"/{name}").click()
        await expect(page.get_by_role("group", name=f"/{name}")).to_be_visible()
        await page.get_by_role("button", name="Leave the command").click()
    await starters(page).filter(has_text="/video").click()
    await page.get_by_role("button", name="Send").click()
    await expect(page.get_by_label("the person smiles and nods", exact=True)).to_be_visible()
    (task,) = [t for t in playing.bot.kling.creates if t.order.prompt.startswith("the person")]
    assert "image2video" in task.product.value


async def test_only_what_is_offered_is_proposed(forming: Ground, browser: BrowserContext) -> None:
    """Where the bot has none of these commands the empty channel proposes nothing."""
    page = await opened(browser, forming.url)
    await go(page, "lounge")
    await expect(page.get_by_text("Nothing here yet")).to_be_visible()
    await expect(starters(page)).to_have_count(0)


async def test_samples_are_offered_beside_the_readers_files(
    forming: Ground, browser: BrowserContext
) -> None:
    """From the + a file is chosen or a sample taken, which goes where a dropped file goes."""
    page = await opened(browser, forming.url)
    plus = page.get_by_role("button", name="Attach a file")
    await plus.click()
    menu = page.get_by_role("menu", name="Attach a file")
    await expect(menu.get_by_role("menuitem")).to_have_count(1 + len(SAMPLES))
    await plus.click()
    await expect(menu).to_have_count(0)
    await plus.press("Enter")
    own = menu.get_by_role("menuitem", name="Upload a file")
    await expect(own).to_be_focused()
    async with page.expect_file_chooser():
        await own.press("Enter")
    tray = page.get_by_role("list", name="Attached files").get_by_role("listitem")
    names = list(SAMPLES)
    for at in range(len(names)):
        await plus.click()
        await menu.get_by_role("menuitem").nth(1 + at).click()
        await expect(tray).to_have_text(names[: at + 1])
    await page.keyboard.type("all of them")
    await page.keyboard.press("Enter")
    sent = messages(page).last
    await expect(sent.locator(".tile img")).to_have_js_property("naturalWidth", 768)
    await expect(sent.locator("video")).to_have_js_property("videoWidth", 768)
    await expect(sent.locator("audio")).to_have_js_property("readyState", 4)


async def test_a_command_waits_for_its_samples(forming: Ground, browser: BrowserContext) -> None:
    """Sent while a sample is on its way, the command goes once it is there, and goes once."""
    page = await opened(browser, forming.url)
    arrive = await hold_samples(page)
    await page.keyboard.type("/attach ")
    await expect(page.get_by_role("group", name="/attach")).to_be_visible()
    await page.get_by_role("button", name="Attach a file").click()
    await page.get_by_role("menuitem", name="A portrait").click()
    send = page.get_by_role("button", name="Send")
    await send.click()
    await send.click()
    arrive.set()
    await expect(messages(page).last).to_contain_text("{'image': 'portrait.png'}")
    said = [one.content for one in forming.scene.channels[0].messages]
    assert sum("portrait.png" in text for text in said) == 1


@pytest.mark.sweep
async def test_a_mentioned_command_opens_its_form(forming: Ground, browser: BrowserContext) -> None:
    """By mouse and by keyboard, also a subcommand; the draft waits; unknown ones say so."""
    page = await opened(browser, forming.url)
    await mention(forming, "try </choices:{choices}>, </nested deep:{nested}> or </gone:1>")
    said = messages(page).filter(has_text="try /choices")
    await page.get_by_label("Message #").fill("half a sentence")
    await said.get_by_role("button", name="/choices").click()
    await expect(page.get_by_role("group", name="/choices")).to_be_visible()
    await expect(page.get_by_label("size: ")).to_be_focused()
    await page.get_by_role("button", name="Leave the command").click()
    await expect(page.get_by_label("Message #")).to_have_value("half a sentence")
    await said.get_by_role("button", name="/nested deep").press("Enter")
    await expect(page.get_by_role("group", name="/nested deep")).to_be_visible()
    await page.keyboard.type("below")
    await page.keyboard.press("Enter")
    await expect(messages(page).last).to_contain_text("deep below")
    await said.get_by_role("button", name="/gone").click()
    await expect(page.get_by_text("/gone is not offered here.")).to_be_visible()
