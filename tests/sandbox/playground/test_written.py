"""Commands that are written out fill their form; what only looks like one is not posted unasked."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import BrowserContext, FilePayload, Locator, Page, expect

from sandbox.kling.samples import portrait
from sandbox.playground.ground import Ground
from tests.harness.playground.browser import DESKTOP, NewReader, messages, opened
from tests.harness.playground.forms_bot import forms_bot_in
from tests.harness.playground.grounds import patient_ground

READ = """async ([text, commands]) => {
  const { usable } = await import("/page/js/composer/commands.js");
  const { written } = await import("/page/js/composer/written.js");
  const read = written(text, usable(commands));
  return read && {
    command: read.command.name,
    values: read.values.map(({ option, text }) => [option.name, text]),
    unknown: read.unknown.map(({ name, text }) => [name, text]),
    inside: read.inside,
  };
}"""
TEXT, INTEGER, SUBCOMMAND = 3, 4, 1
COMMANDS = [
    {
        "name": "paint",
        "description": "",
        "options": [
            {"name": "prompt", "description": "", "type": TEXT, "required": True},
            {"name": "size", "description": "", "type": TEXT, "choices": [{"name": "a"}]},
            {"name": "n", "description": "", "type": INTEGER},
            {
                "name": "mode",
                "name_localizations": {"en-US": "Quality"},
                "description": "",
                "type": TEXT,
                "autocomplete": True,
            },
        ],
    },
    {
        "name": "settings",
        "description": "",
        "options": [
            {
                "name": name,
                "description": "",
                "type": SUBCOMMAND,
                "options": [{"name": "what", "description": "", "type": TEXT}],
            }
            for name in ("show", "show-all")
        ],
    },
]
"""Each text with what it fills in: options, what belongs to none, what only looks like one."""
READINGS: dict[str, Any] = {
    "/paint prompt: a boat at dawn n: 2": ([["prompt", "a boat at dawn"], ["n", "2"]], [], []),
    "/PAINT PROMPT:a boat\nat dawn": ([["prompt", "a boat\nat dawn"]], [], []),
    "/paint prompt\uff1a一只小船 n\uff1a2": ([["prompt", "一只小船"], ["n", "2"]], [], []),
    "/paint quality: 4k prompt: x": ([["mode", "4k"], ["prompt", "x"]], [], []),
    "/paint a boat n: 2": ([["prompt", "a boat"], ["n", "2"]], [], []),
    "/paint sise: large prompt: x": ([["prompt", "x"]], [["sise", "large"]], []),
    "/paint n: 2 sise: large": ([["n", "2"]], [["sise", "large"]], []),
    "/paint size: large sise: small": ([["size", "large"]], [["sise", "small"]], []),
    "/paint prompt: a sign that says: hello": (
        [["prompt", "a sign that says: hello"]],
        [],
        ["says"],
    ),
    "/paint prompt: x prompt: y": ([["prompt", "x prompt: y"]], [], ["prompt"]),
    "/paint prompt: at 12:30 see https://a.example/b:c": (
        [["prompt", "at 12:30 see https://a.example/b:c"]],
        [],
        [],
    ),
    "/paint": ([], [], []),
    "/settings show what: all": ([["what", "all"]], [], []),
    "/settings show-all what: all": ([["what", "all"]], [], []),
    "/settings show all": ([], [["", "all"]], []),
}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def forming(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Ground]:
    """A ground with the bot of these tests in it."""
    async with (
        patient_ground(tmp_path_factory.mktemp("ground")) as ground,
        forms_bot_in(ground.bot.discord),
    ):
        yield ground


def box(page: Page) -> Locator:
    return page.get_by_label("Message #")


async def paste(page: Page, text: str) -> None:
    """Paste from the clipboard, as a person does."""
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await page.evaluate("(text) => navigator.clipboard.writeText(text)", text)
    await page.keyboard.press("Control+V")


@pytest.mark.sweep
async def test_what_is_written_is_read(forming: Ground, browser: BrowserContext) -> None:
    """Words go to the option before them; no word of any text is lost, whatever it looks like."""
    page = await opened(browser, forming.url)
    for text, (values, unknown, inside) in READINGS.items():
        read = await page.evaluate(READ, [text, COMMANDS])
        assert read is not None, text
        assert (read["values"], read["unknown"], read["inside"]) == (values, unknown, inside), text
    for text in ("paint prompt: x", "/pain", "/painted prompt: x", "/settings", "/", "a /paint"):
        assert await page.evaluate(READ, [text, COMMANDS]) is None


async def test_a_pasted_command_is_filled_in_and_sent(
    forming: Ground, browser: BrowserContext
) -> None:
    """Several words, a number, a choice, a place and a member reach the bot after one Enter."""
    page = await opened(browser, forming.url)
    await paste(page, "/options count: 3 loud: true ratio: 0,5 channel: #lounge member: @owner")
    await expect(page.get_by_role("group", name="/options")).to_be_visible()
    await page.keyboard.press("Enter")
    await expect(messages(page).last).to_contain_text("3 | True | 0.5 | lounge | owner")
    await paste(page, "/choices size: large text: two words: here")
    await expect(page.get_by_role("status").filter(has_text="words")).to_be_visible()
    await expect(page.get_by_label("size: ")).to_have_value("Large")
    await page.keyboard.press("Enter")
    await expect(messages(page).last).to_contain_text("Large | two words: here")


@pytest.mark.sweep
async def test_an_unknown_option_stays_until_it_is_taken_away(
    forming: Ground, browser: BrowserContext
) -> None:
    """It is a pill that says what is wrong; nothing is sent with it, and without it all else is."""
    page = await opened(browser, forming.url)
    await paste(page, "/choices sise: wide size: Large wide")
    pill = page.locator(".pill.wrong")
    await expect(pill).to_contain_text("sise")
    await expect(pill.get_by_role("textbox")).to_have_value("wide")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_have_text("/choices has no such option. Remove it.")
    await pill.get_by_role("button", name="Remove sise").click()
    await page.get_by_role("combobox", name="Add an option").press("Enter")
    await expect(messages(page).last).to_contain_text("Large wide |")


@pytest.mark.sweep
async def test_values_that_do_not_fit_are_marked(forming: Ground, browser: BrowserContext) -> None:
    """A choice that is not offered and a file that is only named wait with words, unsent."""
    page = await opened(browser, forming.url)
    await paste(page, "/choices size: enormous")
    await expect(page.get_by_label("size: ")).to_have_attribute("aria-invalid", "true")
    await expect(page.get_by_label("size: ")).to_have_value("enormous")
    await page.get_by_role("button", name="Leave the command").click()
    await paste(page, "/attach image: me.png note: hello")
    await expect(page.get_by_role("alert")).to_have_text("Attach me.png.")
    async with page.expect_file_chooser() as choosing:
        await page.get_by_role("button", name="image: ").click()
    face = FilePayload(name="me.png", mimeType="image/png", buffer=portrait())
    await (await choosing.value).set_files([face])
    await page.get_by_role("combobox", name="Add an option").press("Enter")
    await expect(messages(page).last).to_contain_text("{'image': 'me.png'} | hello")


@pytest.mark.sweep
async def test_choices_in_the_readers_language(forming: Ground, new_reader: NewReader) -> None:
    """On the Chinese page yes and no are understood in both languages."""
    page = await opened(await new_reader(**DESKTOP | {"locale": "zh-CN"}), forming.url)
    for said in ("true", "是"):
        await paste(page, f"/options loud: {said} count: 3")
        await expect(page.get_by_label("loud: ")).to_have_value("是")
        await page.get_by_role("button", name="退出命令").click()


@pytest.mark.sweep
@pytest.mark.parametrize("way", ["Enter", "button"])
async def test_text_after_a_slash_is_sent_only_when_asked_again(
    forming: Ground, browser: BrowserContext, way: str
) -> None:
    """The first Enter sends nothing and says so; the second, or its button, sends the text."""
    page = await opened(browser, forming.url)
    before = len(forming.scene.channels[0].messages)
    await page.keyboard.type("/nothing of the kind")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_have_text("/nothing is not a command here.")
    await expect(box(page)).to_have_value("/nothing of the kind")
    await page.keyboard.type(" at all")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_be_visible()
    assert len(forming.scene.channels[0].messages) == before
    if way == "Enter":
        await page.keyboard.press("Enter")
    else:
        await page.get_by_role("button", name="Send it as text").click()
    await expect(messages(page).last).to_contain_text("/nothing of the kind at all")
    await expect(box(page)).to_have_value("")


@pytest.mark.sweep
async def test_an_escaped_slash_is_text(forming: Ground, browser: BrowserContext) -> None:
    """With a backslash before it the text is sent at once and shown with a plain slash."""
    page = await opened(browser, forming.url)
    await page.keyboard.type("\\/etc/hosts")
    await page.keyboard.press("Enter")
    await expect(messages(page).last.locator(".text")).to_have_text("/etc/hosts")


@pytest.mark.sweep
async def test_what_was_meant_is_proposed(forming: Ground, browser: BrowserContext) -> None:
    """Below the hint are the commands that begin so; an arrow and Enter open one."""
    page = await opened(browser, forming.url)
    await page.keyboard.type("/opt: x")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_be_visible()
    await box(page).fill("/opt x")
    await box(page).press("Enter")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("group", name="/options")).to_be_visible()
