"""The channel: older messages, jumps, private answers, pictures, files, members, sizes."""

import asyncio
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import (
    BrowserContext,
    FilePayload,
    Locator,
    Page,
    WebSocketRoute,
    expect,
)

from sandbox.discord import Upload
from sandbox.kling.samples import portrait
from sandbox.playground.ground import Ground
from tests.harness.playground.browser import (
    BOUND_MS,
    PHONE,
    NewReader,
    Watch,
    drop,
    hold_uploads,
    messages,
    opened,
    opened_to_be_cut,
    paste,
)
from tests.harness.playground.forms_bot import forms_bot_in
from tests.harness.playground.grounds import patient_ground

pytestmark = pytest.mark.sweep

MANY = 1000
DRAWN_AT_ONCE = 50


def box(page: Page) -> Locator:
    return page.get_by_label("Message #")


def text_file(name: str, data: bytes) -> FilePayload:
    return FilePayload(name=name, mimeType="text/plain", buffer=data)


async def fill(ground: Ground, count: int) -> list[int]:
    """Put messages into #studio; their ids."""
    scene = ground.scene
    said = [
        await ground.bot.discord.say(scene.members[number % 2], scene.channels[0], f"n{number}")
        for number in range(count)
    ]
    return [message.id for message in said]


async def test_only_the_newest_are_drawn(ground: Ground, browser: BrowserContext) -> None:
    """Of a thousand messages the page draws fifty, and the others as the reader goes up."""
    await fill(ground, MANY)
    page = await opened(browser, ground.url)
    await expect(messages(page)).to_have_count(DRAWN_AT_ONCE)
    await expect(messages(page).last).to_contain_text(f"n{MANY - 1}")
    await expect(messages(page).last).to_be_in_viewport()
    await messages(page).first.scroll_into_view_if_needed()
    await expect(messages(page).first).to_contain_text(f"n{MANY - 2 * DRAWN_AT_ONCE}")
    await page.evaluate("document.querySelector('.scroller').scrollTop = 0")
    await expect(messages(page).first).to_contain_text(f"n{MANY - 3 * DRAWN_AT_ONCE}")


async def test_a_jump_leads_to_an_old_message_elsewhere(
    ground: Ground, browser: BrowserContext
) -> None:
    """A link to a message of another channel, long ago, shows it without leaving the page."""
    wanted = (await fill(ground, 3 * DRAWN_AT_ONCE))[10]
    scene = ground.scene
    link = f"https://discord.com/channels/{scene.guild.id}/{scene.channels[0].id}/{wanted}"
    await ground.bot.discord.say(scene.members[0], scene.channels[2], f"[see here]({link})")
    page = await opened(browser, ground.url)
    await page.get_by_role("navigation").get_by_role("button", name="lounge").click()
    await page.get_by_role("link", name="see here").press("Enter")
    target = page.locator(f".message[data-id='{wanted}']")
    await expect(target).to_be_focused()
    await expect(target).to_be_in_viewport()
    assert page.url == ground.url


async def test_a_jump_waits_for_older_messages_on_their_way(
    ground: Ground, browser: BrowserContext
) -> None:
    """A link that is followed while older messages are being fetched leads there once they came."""
    wanted = (await fill(ground, 3 * DRAWN_AT_ONCE))[10]
    scene = ground.scene
    link = f"https://discord.com/channels/{scene.guild.id}/{scene.channels[0].id}/{wanted}"
    await ground.bot.discord.say(scene.members[0], scene.channels[0], f"[see here]({link})")
    page = await browser.new_page()
    held: asyncio.Future[Callable[[], None]] = asyncio.get_running_loop().create_future()

    def joined(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()

        def on_asked(frame: str | bytes) -> None:
            if json.loads(frame)["do"] == "history" and not held.done():
                held.set_result(lambda: server.send(frame))
            else:
                server.send(frame)

        socket.on_message(on_asked)

    await page.route_web_socket("**/playground/socket", joined)
    await page.goto(ground.url)
    await expect(box(page)).to_be_focused()
    await page.evaluate(
        """() => {
          document.querySelector(".begin button").click();
          document.querySelector("a.mention").click();
        }"""
    )
    async with asyncio.timeout(BOUND_MS / 1000):
        (await held)()
    target = page.locator(f".message[data-id='{wanted}']")
    await expect(target).to_be_focused()
    await expect(target).to_be_in_viewport()


async def test_pictures_open_large(ground: Ground, browser: BrowserContext) -> None:
    """A picture opens over the page; arrow keys turn the pages; Escape leads back to it."""
    scene = ground.scene
    files = [Upload(portrait(seed), f"{seed}.png") for seed in ("one", "two")]
    await ground.bot.discord.say(scene.members[0], scene.channels[0], "", *files)
    page = await opened(browser, ground.url)
    await page.get_by_role("button", name="Open one.png").press("Enter")
    large = page.get_by_role("dialog")
    await expect(large.get_by_role("img", name="one.png")).to_be_visible()
    await page.keyboard.press("ArrowRight")
    await expect(large.get_by_role("img", name="two.png")).to_be_visible()
    await large.get_by_role("button", name="Next image").click()
    await expect(large.get_by_role("img", name="one.png")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(large).to_have_count(0)
    await expect(page.get_by_role("button", name="Open one.png")).to_be_focused()


async def test_files_are_dropped_shown_taken_back_and_sent(
    ground: Ground, browser: BrowserContext
) -> None:
    """Dropped files show as previews, one is taken back, the others go with the message."""
    page = await opened(browser, ground.url)
    await drop(page, text_file("a.txt", b"a"), text_file("b.txt", b"bb"))
    waiting = page.get_by_role("list", name="Attached files")
    await expect(waiting.get_by_role("listitem")).to_have_text(["a.txt", "b.txt"])
    await waiting.get_by_role("button", name="Remove a.txt").click()
    await box(page).press_sequentially("here")
    await page.keyboard.press("Enter")
    await expect(messages(page).last.get_by_role("link", name="Download b.txt")).to_be_visible()
    await expect(messages(page).last).to_contain_text("here")
    await expect(waiting).to_be_hidden()
    (message,) = ground.scene.channels[0].messages
    assert [(file.filename, file.data) for file in message.attachments] == [("b.txt", b"bb")]


async def test_a_pasted_file_goes_with_the_message(ground: Ground, browser: BrowserContext) -> None:
    """A picture pasted into the box waits below it, and Enter alone sends it."""
    page = await opened(browser, ground.url)
    picture = FilePayload(name="seen.png", mimeType="image/png", buffer=portrait())
    await paste(box(page), picture)
    waiting = page.get_by_role("list", name="Attached files")
    await expect(waiting.get_by_role("listitem")).to_have_text(["seen.png"])
    await box(page).press("Enter")
    await expect(page.get_by_role("button", name="Open seen.png")).to_be_visible()
    (message,) = ground.scene.channels[0].messages
    assert [file.data for file in message.attachments] == [picture["buffer"]]


async def test_a_message_is_sent_once_to_where_it_was_written(
    ground: Ground, browser: BrowserContext
) -> None:
    """Enter twice while a file is on its way, then another channel: one message, in the first."""
    page = await opened(browser, ground.url)
    arrive = await hold_uploads(page)
    await drop(page, text_file("a.txt", b"a"))
    await box(page).press_sequentially("here")
    await page.keyboard.press("Enter")
    await page.keyboard.press("Enter")
    await page.get_by_role("navigation").get_by_role("button", name="lounge").click()
    arrive.set()
    await expect(box(page)).to_have_value("")
    await box(page).press_sequentially("there")
    await page.keyboard.press("Enter")
    await expect(messages(page)).to_contain_text(["there"])
    studio, _, lounge, *_ = ground.scene.channels
    assert [message.content for message in studio.messages] == ["here"]
    assert [message.content for message in lounge.messages] == ["there"]


async def test_limits_are_told_before_anything_is_sent(
    ground: Ground, browser: BrowserContext
) -> None:
    """Too long a message and too large a file stay in the page, with the limit in words."""
    limit = ground.bot.discord.channel_rules.limit_bytes = 100
    page = await opened(browser, ground.url)
    large = text_file("large.bin", b"x" * (limit + 1))
    await page.locator("#composer input[type=file]").set_input_files([large])
    await expect(page.get_by_text("large.bin is too large: at most 100 B here")).to_be_visible()
    await box(page).fill("x" * 2001)
    await box(page).press("Enter")
    await expect(page.get_by_text("at most 2000 characters")).to_be_visible()
    await expect(page.get_by_text("-1", exact=True)).to_be_visible()
    await box(page).fill("x" * 2000)
    await box(page).press("Enter")
    await expect(messages(page)).to_have_count(1)
    await expect(box(page)).to_have_value("")
    assert not ground.scene.channels[0].messages[0].attachments


async def test_names_become_mentions(ground: Ground, browser: BrowserContext) -> None:
    """A name that is typed or picked pings its member, on whose page the message stands out."""
    page, other = await opened(browser, ground.url), await opened(browser, ground.url)
    await other.get_by_role("radio", name="moderator").check()
    await expect(other.get_by_role("radio", name="moderator")).to_be_checked()
    await page.bring_to_front()
    await box(page).press_sequentially("look @mod")
    await expect(page.get_by_role("option", name="moderator")).to_be_visible()
    await page.keyboard.press("Enter")
    await box(page).press_sequentially("in #lounge, not @nobody")
    await page.keyboard.press("Enter")
    for reader in (page, other):
        mentions = messages(reader).last.locator(".mention")
        await expect(mentions).to_have_text(["@moderator", "#lounge"])
    await expect(messages(other).last).to_contain_text("@nobody")
    pinged = "document.querySelector('.message').classList.contains('pinged')"
    assert await other.evaluate(pinged)
    assert not await page.evaluate(pinged)


async def test_the_page_fits_a_phone(ground: Ground, new_reader: NewReader) -> None:
    """At 360 pixels nothing is wider than the window; channels and members are one tap away."""
    scene = ground.scene
    text = "`" + "x" * 300 + "`\n```\n" + "y" * 300 + "\n```"
    await ground.bot.discord.say(scene.members[0], scene.channels[0], text)
    picture = Upload(portrait(size=(1600, 900)), "wide.png")
    await ground.bot.discord.say(scene.members[0], scene.channels[0], "z" * 200, picture)
    context = await new_reader(**PHONE)
    page = await opened(context, ground.url)
    widths: list[Any] = await page.evaluate(
        "['html', 'body', '.scroller'].map((name) => document.querySelector(name).scrollWidth)"
    )
    assert max(widths) <= PHONE["viewport"]["width"]
    await page.get_by_role("button", name="Show channels").tap()
    await expect(page.get_by_role("button", name="studio")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("button", name="storyboard")).to_be_hidden()
    await expect(page.get_by_role("button", name="Show channels")).to_be_focused()
    await page.get_by_role("button", name="Show channels").tap()
    await page.get_by_role("button", name="lounge").tap()
    await expect(page.get_by_label("Message #lounge")).to_be_visible()
    await expect(page.get_by_role("button", name="storyboard")).to_be_hidden()


async def test_a_lost_connection_is_told_and_made_good(
    ground: Ground, browser: BrowserContext, watch: Watch
) -> None:
    """A dropped connection comes back with what was missed; a server that is gone is told."""
    page, socket = await opened_to_be_cut(browser, ground.url)
    await socket.close()
    await fill(ground, 1)
    await expect(messages(page)).to_have_text([re.compile("n0$")])
    await ground.bot.discord.close()
    await expect(page.get_by_text("The playground is not responding")).to_be_visible()
    await page.close()
    watch.forgive("ERR_CONNECTION_REFUSED")  # it may have tried to reconnect by then


async def test_commands_come_with_the_bot(tmp_path: Path, browser: BrowserContext) -> None:
    """Before the bot is in the server it offers nothing; once it is, the open list fills."""
    async with patient_ground(tmp_path, invited=False) as ground, forms_bot_in(ground.bot.discord):
        page = await opened(browser, ground.url)
        await page.keyboard.type("/")
        await expect(page.get_by_text("No matches")).to_be_visible()
        ground.invite()
        await expect(page.get_by_role("option", name="/panel")).to_be_visible()
        await page.close()


async def test_only_this_machine_can_reach_it(ground: Ground) -> None:
    """The port listens on 127.0.0.1 and on no other address, not even a loopback one."""
    port = int(ground.bot.discord.url.rsplit(":", 1)[1])
    with pytest.raises(OSError, match=str(port)):
        await asyncio.open_connection("127.0.0.2", port)
