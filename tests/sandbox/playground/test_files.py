"""Files that wait for a message: a command takes what it can, and none is ever lost."""

import functools
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import BrowserContext, FilePayload, Locator, Page, Request, expect

from sandbox.kling.samples import portrait, speech
from sandbox.playground.ground import Ground
from tests.harness.playground.browser import drop, hold_uploads, messages, opened
from tests.harness.playground.forms_bot import forms_bot_in
from tests.harness.playground.grounds import patient_ground

pytestmark = pytest.mark.sweep

NOTES = FilePayload(name="notes.txt", mimeType="text/plain", buffer=b"notes")


@functools.cache
def face() -> FilePayload:
    return FilePayload(name="face.png", mimeType="image/png", buffer=portrait())


def hum() -> FilePayload:
    return FilePayload(name="hum.mp3", mimeType="audio/mpeg", buffer=speech(1))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def forming(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Ground]:
    """A ground with the bot of these tests in it."""
    async with (
        patient_ground(tmp_path_factory.mktemp("ground")) as ground,
        forms_bot_in(ground.bot.discord),
    ):
        yield ground


def tray(page: Page) -> Locator:
    """The files that wait for the next message."""
    return page.get_by_role("list", name="Attached files")


def pill(page: Page, option: str) -> Locator:
    """The button of a file option."""
    return page.get_by_role("button", name=f"{option}: ")


async def open_form(page: Page, name: str) -> None:
    await page.get_by_label("Message #").press_sequentially(f"/{name} ")
    await expect(page.get_by_role("group", name=f"/{name}")).to_be_visible()


async def test_a_command_takes_the_files_that_wait(
    forming: Ground, browser: BrowserContext
) -> None:
    """Each goes to the option of its kind, uploaded once; the bot gets both, and none waits on."""
    page = await opened(browser, forming.url)
    uploads: list[Request] = []
    page.on("request", lambda one: uploads.append(one) if "/uploads" in one.url else None)
    await drop(page, hum(), face())
    await expect(tray(page).get_by_role("listitem")).to_have_text(["hum.mp3", "face.png"])
    await open_form(page, "attach")
    await expect(pill(page, "image")).to_contain_text("face.png")
    await expect(pill(page, "audio")).to_contain_text("hum.mp3")
    await expect(tray(page)).to_be_hidden()
    await page.get_by_role("combobox", name="Add an option").press("Enter")
    await expect(messages(page).last).to_contain_text("'image': 'face.png', 'audio': 'hum.mp3'")
    await expect(page.get_by_role("group", name="/attach")).to_have_count(0)
    await expect(tray(page)).to_be_hidden()
    assert len(uploads) == 2


async def test_who_leaves_the_command_has_the_files_again(
    forming: Ground, browser: BrowserContext
) -> None:
    """They wait for the message as before, and go with it; another command may take them too."""
    page = await opened(browser, forming.url)
    await drop(page, face())
    await open_form(page, "attach")
    await expect(pill(page, "image")).to_contain_text("face.png")
    await page.get_by_role("button", name="Leave the command").click()
    await expect(tray(page).get_by_role("listitem")).to_have_text(["face.png"])
    await open_form(page, "attach")
    await expect(pill(page, "image")).to_contain_text("face.png")
    await page.get_by_role("navigation").get_by_role("button", name="lounge").click()
    await expect(tray(page).get_by_role("listitem")).to_have_text(["face.png"])
    await page.get_by_label("Message #lounge").press("Enter")
    await expect(page.get_by_role("button", name="Open face.png")).to_be_visible()
    assert forming.scene.channels[2].messages[-1].attachments[0].data == face()["buffer"]


async def test_files_that_no_option_takes_wait_on_in_words(
    forming: Ground, browser: BrowserContext
) -> None:
    """A command without files, and a second picture for one option: told, kept, sent later."""
    page = await opened(browser, forming.url)
    await drop(page, NOTES)
    await open_form(page, "panel")
    note = page.get_by_role("status").filter(has_text="stays with your next message")
    await expect(note).to_contain_text("notes.txt: no free option of /panel takes this.")
    await page.get_by_role("combobox", name="Add an option").press("Enter")
    await expect(messages(page).last).to_contain_text("a panel")
    await expect(tray(page).get_by_role("listitem")).to_have_text(["notes.txt"])
    await tray(page).get_by_role("button", name="Remove notes.txt").click()
    await open_form(page, "attach")
    other = FilePayload(name="other.png", mimeType="image/png", buffer=portrait("other"))
    await drop(page, face(), other)
    await expect(pill(page, "image")).to_contain_text("face.png")
    await expect(note).to_contain_text("other.png: no free option of /attach takes this.")
    await expect(tray(page).get_by_role("listitem")).to_have_text(["other.png"])


async def test_a_refused_message_keeps_its_files(forming: Ground, browser: BrowserContext) -> None:
    """What Discord does not take is in the box again, text and files."""
    page = await opened(browser, forming.url)
    posts, studio = forming.bot.discord.store.channels, forming.scene.channels[0]
    arrive = await hold_uploads(page)
    await drop(page, NOTES)
    await page.keyboard.type("here")
    await page.keyboard.press("Enter")
    del posts[studio.id]
    arrive.set()
    await expect(page.get_by_text("Not sent")).to_be_visible()
    await expect(page.get_by_label("Message #studio")).to_have_value("here")
    await expect(tray(page).get_by_role("listitem")).to_have_text(["notes.txt"])
    posts[studio.id] = studio
    await page.get_by_label("Message #studio").press("Enter")
    await expect(messages(page).last.get_by_role("link", name="Download notes.txt")).to_be_visible()
