"""Forms, menus, panels and typed options, against a discord.py bot that has them."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import BrowserContext, FilePayload, expect

from sandbox.playground.ground import Ground
from tests.harness.playground.browser import BOUND_MS, command, messages, opened, opened_to_be_cut
from tests.harness.playground.forms_bot import forms_bot_in
from tests.harness.playground.grounds import patient_ground

pytestmark = pytest.mark.sweep


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def forming(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Ground]:
    """A ground with the bot of these tests in it."""
    async with (
        patient_ground(tmp_path_factory.mktemp("ground")) as ground,
        forms_bot_in(ground.bot.discord),
    ):
        yield ground


async def test_a_form_with_a_file_reaches_the_bot(forming: Ground, browser: BrowserContext) -> None:
    """Text, a choice and two files, one of them taken back: the bot reads what was filled in."""
    page = await opened(browser, forming.url)
    await command(page, "commission")
    form = page.get_by_role("dialog", name="Commission")
    await expect(form.get_by_label("Name")).to_be_focused()
    await page.keyboard.type("A boat")
    await form.get_by_label("Story").fill("It floats.\nFar.")
    await form.get_by_role("combobox", name="Size").press("ArrowDown")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await form.locator("input[type=file]").set_input_files(
        [
            FilePayload(name="wrong.txt", mimeType="text/plain", buffer=b"no"),
            FilePayload(name="right.txt", mimeType="text/plain", buffer=b"right"),
        ]
    )
    await form.get_by_role("button", name="Remove wrong.txt").click()
    await form.get_by_role("button", name="Submit").click()
    await expect(form).to_have_count(0)
    answer = messages(page).last
    await expect(answer).to_contain_text("A boat | It floats.\nFar. | ['large'] | [5]")
    await expect(page.get_by_label("Message #studio")).to_be_focused()


async def test_a_form_says_what_is_wrong(forming: Ground, browser: BrowserContext) -> None:
    """Sent empty, every required field says why, the first has the focus, and nothing is sent."""
    asked: asyncio.Queue[str] = asyncio.Queue()

    def note(frame: str | bytes) -> None:
        asked.put_nowait(json.loads(frame)["do"])

    browser.on("page", lambda new: new.on("websocket", lambda one: one.on("framesent", note)))
    page = await opened(browser, forming.url)
    await command(page, "commission")
    form = page.get_by_role("dialog", name="Commission")
    await form.get_by_role("button", name="Submit").click()
    name = form.get_by_label("Name")
    await expect(name).to_be_focused()
    await expect(name).to_have_attribute("aria-invalid", "true")
    await expect(name).to_have_accessible_description(
        "As it will be printed This option is required. Specify a value."
    )
    await expect(form.locator(".field.wrong .label")).to_have_text(
        ["Name *", "Size *", "Pictures *"]
    )
    await name.fill("ab")
    await expect(form.get_by_text("Must be at least 3 characters.")).to_be_visible()
    await name.fill("abc")
    await expect(name).not_to_have_attribute("aria-invalid", "true")
    await page.keyboard.press("Escape")
    await expect(form).to_have_count(0)
    await page.get_by_role("radio", name="owner").check()
    async with asyncio.timeout(BOUND_MS / 1000):
        assert [await asked.get() for _ in range(3)] == ["view", "slash", "view"]


@pytest.mark.parametrize("name", ["Cancel", "Submit"])
async def test_a_closed_form_leaves_the_reader_writing(
    forming: Ground, browser: BrowserContext, name: str
) -> None:
    """After a form was sent or cancelled by mouse, what is typed goes into the box."""
    page = await opened(browser, forming.url)
    await command(page, "marks")
    form = page.get_by_role("dialog", name="Marks")
    await form.get_by_label("oak").check()
    await form.get_by_role("combobox", name="Painter").click()
    await form.get_by_role("option", name="@owner").click()
    await form.get_by_role("button", name=name).click()
    await expect(form).to_have_count(0)
    await page.keyboard.type("next")
    await expect(page.get_by_label("Message #")).to_have_value("next")


async def test_marks_and_members_reach_the_bot(forming: Ground, browser: BrowserContext) -> None:
    """One of several, some of several, yes or no, and a member, by keyboard."""
    page = await opened(browser, forming.url)
    await command(page, "marks")
    keys = page.keyboard
    await expect(page.get_by_label("oak")).to_be_focused()
    for key in ("ArrowDown", "Tab", "Space", "Tab", "Space", "Tab", "Space", "Tab", "ArrowDown"):
        await keys.press(key)
    await page.get_by_role("option", name="@moderator").click()
    await page.get_by_role("button", name="Submit").press("Enter")
    await expect(messages(page).last).to_contain_text(
        "pine | ['glass', 'wire'] | True | ['moderator']"
    )


async def test_menus_of_messages_and_members(forming: Ground, browser: BrowserContext) -> None:
    """By mouse, by right click and by keyboard, both kinds of menu commands reach the bot."""
    page = await opened(browser, forming.url)
    await page.keyboard.type("one two three")
    await page.keyboard.press("Enter")
    said = messages(page).filter(has_text="one two three").last
    await said.hover()
    await said.get_by_role("button", name="More").click()
    await page.get_by_role("menuitem", name="Count words").click()
    await expect(messages(page).last).to_contain_text("3 words")
    await said.locator(".author").click(button="right")
    await page.get_by_role("menuitem", name="Greet").click()
    await expect(messages(page).last).to_contain_text("Hello, member!")
    await said.focus()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Tab")
    await expect(said.get_by_role("button", name="More")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("menuitem", name="Reply")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(said.get_by_role("button", name="More")).to_be_focused()


async def test_an_answer_names_what_it_answers(forming: Ground, browser: BrowserContext) -> None:
    """R on a message answers it; the line above the answer leads back to the message."""
    page = await opened(browser, forming.url)
    await page.keyboard.type("a **question**")
    await page.keyboard.press("Enter")
    asked = messages(page).filter(has=page.locator(".text", has_text="a question"))
    await asked.focus()
    await page.keyboard.press("r")
    await expect(page.get_by_text("Replying to member")).to_be_visible()
    await page.keyboard.type("an answer")
    await page.keyboard.press("Enter")
    answer = messages(page).last
    await expect(answer).to_contain_text("an answer")
    await expect(answer.locator(".preview")).to_have_text("a question")
    await expect(page.get_by_text("Replying to member", exact=True)).to_be_hidden()
    await answer.get_by_role("button", name="Replying to member").click()
    await expect(asked).to_be_focused()


async def test_the_focus_stays_on_a_pressed_button(
    forming: Ground, browser: BrowserContext
) -> None:
    """When a press changes its own message, the keyboard is still on that button."""
    page = await opened(browser, forming.url)
    await command(page, "panel")
    shown = messages(page).last
    await expect(shown).to_contain_text("a panel")
    await shown.get_by_role("button", name="Press").focus()
    for number in (1, 2):
        await page.keyboard.press("Enter")
        await expect(shown).to_contain_text(f"pressed {number}")
        await expect(shown.get_by_role("button", name="Press")).to_be_focused()


async def test_options_are_checked_and_typed(forming: Ground, browser: BrowserContext) -> None:
    """Each kind of option says what does not fit; Tab leads on; what fits reaches the bot."""
    page = await opened(browser, forming.url)
    keys = page.keyboard
    await keys.type("/options ")
    await keys.type("9")
    await keys.press("Enter")
    await expect(page.get_by_role("alert")).to_have_text("Must be at most 5.")
    count = page.get_by_label("count: How many")
    await expect(count).to_be_focused()
    await expect(count).to_have_attribute("aria-invalid", "true")
    await count.fill("1.5")
    await keys.press("Enter")
    await expect(page.get_by_role("alert")).to_have_text("Input a valid integer.")
    await count.fill("4")
    await keys.press("Tab")
    await keys.type("tr")
    await keys.press("Tab")
    await expect(page.get_by_label("ratio: ")).to_be_focused()
    await keys.type("much")
    await keys.press("Enter")
    await expect(page.get_by_role("alert")).to_have_text("Input a valid number.")
    await page.get_by_label("ratio: ").fill("0.5")
    await keys.press("Tab")
    await keys.type("lou")
    await keys.press("Enter")
    await keys.type("owner")
    await keys.press("Enter")
    await keys.press("Enter")
    await expect(messages(page).last).to_contain_text("4 | True | 0.5 | lounge | owner")


async def test_a_lost_connection_takes_nothing_from_a_form(
    forming: Ground, browser: BrowserContext
) -> None:
    """A command half filled when the connection drops is still there, and is sent afterwards."""
    page, socket = await opened_to_be_cut(browser, forming.url)
    await page.keyboard.type("/panel ")
    await expect(page.get_by_role("group", name="/panel")).to_be_visible()
    await socket.close()
    scene = forming.scene
    await forming.bot.discord.say(scene.members[0], scene.channels[0], "said meanwhile")
    await expect(messages(page).last).to_contain_text("said meanwhile")
    await page.keyboard.press("Enter")
    await expect(messages(page).last).to_contain_text("a panel")


async def test_a_form_outlives_a_lost_connection(forming: Ground, browser: BrowserContext) -> None:
    """A form that is open when the connection drops is submitted over the next one."""
    page, socket = await opened_to_be_cut(browser, forming.url)
    await command(page, "marks")
    form = page.get_by_role("dialog", name="Marks")
    await form.get_by_label("oak").check()
    await form.get_by_role("combobox", name="Painter").click()
    await page.get_by_role("option", name="@newcomer").click()
    await socket.close()
    scene = forming.scene
    await forming.bot.discord.say(scene.members[0], scene.channels[0], "said while it was away")
    await expect(messages(page).last).to_contain_text("said while it was away")
    await form.get_by_role("button", name="Submit").click()
    await expect(messages(page).last).to_contain_text("oak | [] | False | ['newcomer']")


async def test_a_letter_opens_its_channel(forming: Ground, browser: BrowserContext) -> None:
    """A direct message makes its channel appear, marked unread, without disturbing the composer."""
    page = await opened(browser, forming.url)
    other = await opened(browser, forming.url)
    await other.keyboard.type("/letter")
    await page.keyboard.type("half a sentence")
    await other.keyboard.press("Enter")
    await other.keyboard.press("Enter")
    direct = page.get_by_role("navigation").get_by_role("button", name="Kling")
    await expect(direct).to_be_visible()
    await expect(page.locator(".channels .unread")).to_contain_text("Kling")
    await expect(page.get_by_label("Message #studio")).to_have_value("half a sentence")
    await expect(page.get_by_label("Message #studio")).to_be_focused()
    await direct.click()
    await expect(messages(page)).to_have_count(1)
    await expect(messages(page).last).to_contain_text("a letter")
    await expect(page.locator(".channels .unread")).to_have_count(0)


async def test_a_layout_shows_every_part(forming: Ground, browser: BrowserContext) -> None:
    """Text, section, gallery, file and a select of several, in their container."""
    page = await opened(browser, forming.url)
    await command(page, "layout")
    shown = messages(page).filter(has=page.locator(".container")).last
    await expect(shown.locator(".heading")).to_have_text("A heading")
    await expect(shown.locator(".section")).to_contain_text("beside")
    for picture in (shown.locator(".thumbnail"), shown.get_by_role("img", name="a face")):
        await expect(picture).to_have_js_property("naturalWidth", 768)
    await expect(shown.locator(".file-card")).to_have_text("notes.txt5 B")
    await expect(shown.get_by_role("separator")).to_be_visible()
    await expect(shown.locator(".unknown")).to_have_count(0)
    drinks = shown.get_by_role("combobox")
    await drinks.click()
    for name in ("tea", "juice"):
        await shown.get_by_role("option", name=name).click()
    await drinks.press("Tab")
    await expect(messages(page).last).to_contain_text("drinks ['tea', 'juice']")


async def test_an_embed_shows_every_part(forming: Ground, browser: BrowserContext) -> None:
    """Author, title, text, fields, thumbnail and footer; a picture from elsewhere is a link."""
    page = await opened(browser, forming.url)
    await command(page, "embed")
    shown = messages(page).last.get_by_role("article")
    for name in ("An author", "A title", "https://elsewhere.example/picture.png"):
        await expect(shown.get_by_role("link", name=name)).to_be_visible()
    await expect(shown.locator("strong")).to_have_text("text")
    await expect(shown.get_by_role("term")).to_have_text(["One", "Two"])
    await expect(shown.get_by_role("definition")).to_have_text(["1", "2"])
    await expect(shown.locator(".embed-thumbnail")).to_have_js_property("naturalWidth", 768)
    await expect(shown.locator("footer")).to_contain_text("A footer · 1/1/15, ")


async def test_an_unknown_component_is_shown_as_it_is(
    forming: Ground, browser: BrowserContext
) -> None:
    """A component of a kind that the page does not know is shown as its JSON."""
    page = await opened(browser, forming.url)
    await command(page, "strange")
    shown = messages(page).filter(has_text="Unknown component")
    await expect(shown).to_contain_text("Unknown component (99)")
    await expect(shown.locator("pre")).to_contain_text('"flavour": "<b>salt</b>"')
