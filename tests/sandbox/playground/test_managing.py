"""The price question and the managers' commands, on the page, with the real bot behind it."""

from typing import Any

import pytest
from playwright.async_api import BrowserContext, Page, expect

from sandbox.playground.ground import Ground
from tests.harness.playground.accessibility import grave
from tests.harness.playground.browser import DESKTOP, PHONE, NewReader, command, messages, opened

pytestmark = pytest.mark.sweep

DEAR = "/video prompt: a lighthouse in a storm model: kling-v3 mode: Professional duration: 10"


async def send(page: Page, line: str) -> None:
    """Paste a command with its options, and send it."""
    box = page.get_by_label("Message #")
    await box.click()
    await page.keyboard.insert_text(line)
    await expect(page.get_by_role("button", name="Leave the command")).to_be_visible()
    await page.get_by_role("button", name="Send").click()


async def look_as(page: Page, name: str) -> None:
    """See the server as another member does."""
    await page.get_by_role("radio", name=name).check()


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_a_dear_video_is_asked_about_and_started_cheaper(
    playing: Ground, new_reader: NewReader, size: dict[str, Any]
) -> None:
    """The question with its three buttons; one press, one card, and the second press is told."""
    page = await opened(await new_reader(**size), playing.url)
    await send(page, DEAR)
    question = messages(page).filter(has_text="Start this video?").last
    await expect(question).to_contain_text("Price: 8 video units ($1.12)")
    await expect(question.get_by_role("button", name="Start", exact=True)).to_be_visible()
    assert await grave(page) == []
    await question.get_by_role("button", name="5 s instead").click()
    await expect(messages(page).filter(has_text="Length: 5 s").last).to_be_visible()
    await question.get_by_role("button", name="Start", exact=True).click()
    await expect(messages(page).last).to_contain_text("Already started")


async def test_managers_set_what_holds(playing: Ground, browser: BrowserContext) -> None:
    """Sub-commands with numbers, channels, roles and flags; the page of it; and a block."""
    page = await opened(browser, playing.url)
    await look_as(page, "owner")
    await send(page, "/settings budget server video: 120.5")
    await expect(messages(page).last).to_contain_text("Video units: 120.5 a month (this server)")
    await send(page, "/settings allow role role: @artists on: true")
    await expect(messages(page).last).to_contain_text("Jobs allowed: on (@artists)")
    await send(page, "/settings default set name: Mode value: std channel: #lounge")
    await expect(messages(page).last).to_contain_text("Mode: std (#lounge)")
    await command(page, "settings show")
    shown = messages(page).filter(has_text="Settings of this server").last
    await expect(shown).to_contain_text("Jobs allowed: on (@artists)")
    await send(page, "/block member: @newcomer reason: spam")
    await expect(messages(page).last).to_contain_text("@newcomer can no longer use me")
    await command(page, "settings log")
    await expect(messages(page).last).to_contain_text("@owner: blocked @newcomer")
    assert await grave(page) == []
    await look_as(page, "newcomer")
    await send(page, "/image prompt: a fox")
    await expect(messages(page).last).to_contain_text("blocked you from using me here: spam")
    await look_as(page, "owner")
    await send(page, "/unblock member: @newcomer")
    await expect(messages(page).last).to_contain_text("can use me in this server again")
    await send(page, "/settings allow role role: @artists on: false")
    await expect(messages(page).last).to_contain_text("Jobs allowed: off")
