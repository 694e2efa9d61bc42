"""What axe-core finds: nothing serious, in any theme, on any size, in any state of the page."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import expect

from sandbox.discord import Upload
from sandbox.kling.samples import portrait, speech
from sandbox.playground.ground import Ground
from tests.harness.opening import ANSWER_WITHIN_S
from tests.harness.playground.accessibility import grave
from tests.harness.playground.browser import DESKTOP, PHONE, NewReader, command, messages, opened
from tests.harness.playground.forms_bot import forms_bot_in
from tests.harness.playground.grounds import patient_ground

pytestmark = pytest.mark.sweep

TEXT = """# A heading
A **bold** [link](https://example.com), `code`, ||a secret||
<@{id}>, <#{channel}>, <t:1700000000:R>
> a quote
-# small print
- an item
```
a block
```"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def forming(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Ground]:
    """A ground with one message of everything and a bot with forms."""
    async with patient_ground(tmp_path_factory.mktemp("ground")) as ground:
        discord, scene = ground.bot.discord, ground.scene
        member, studio = scene.members[0], scene.channels[0]
        text = TEXT.format(id=member.id, channel=studio.id)
        files = (Upload(portrait(), "a.png"), Upload(portrait("b"), "b.png"))
        said = await discord.say(member, studio, text, *files)
        sound = Upload(speech(2), "hum.mp3")
        await discord.say(scene.members[1], studio, "sound", sound, reply_to=said)
        await discord.say(scene.members[2], studio, "file", Upload(b"x", "notes.txt"))
        async with forms_bot_in(discord):
            yield ground


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_no_grave_finding(
    forming: Ground, new_reader: NewReader, theme: str, size: dict[str, Any]
) -> None:
    """A channel, a card, an open list, a wrong option, a menu, a form: none has a grave finding."""
    context = await new_reader(**size | {"color_scheme": theme, "reduced_motion": "reduce"})
    page = await opened(context, forming.url)
    await command(page, "panel")
    await expect(messages(page).last.get_by_role("button", name="Press")).to_be_visible()
    await page.keyboard.type("/")
    await expect(page.get_by_role("option", name="/marks")).to_be_visible()
    assert await grave(page) == []
    await page.keyboard.type("options 9")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_have_text("Must be at most 5.")
    assert await grave(page) == []
    await page.get_by_role("button", name="Leave the command").click()
    await messages(page).last.get_by_role("button", name="Press").focus()
    await page.keyboard.press("Shift+F10")
    await expect(page.get_by_role("menuitem", name="Count words")).to_be_visible()
    assert await grave(page) == []
    await page.keyboard.press("Escape")
    await command(page, "commission")
    await page.get_by_role("button", name="Submit").click()
    await expect(page.get_by_text("Not sent")).to_be_visible()
    assert await grave(page) == []
    await page.get_by_role("button", name="Cancel").click()
    if size is PHONE:
        await page.get_by_role("button", name="Show channels").click()
        await expect(page.get_by_role("radio", name="owner")).to_be_visible()
        assert await grave(page) == []


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_no_grave_finding_in_the_composer(
    forming: Ground, new_reader: NewReader, theme: str, size: dict[str, Any]
) -> None:
    """The + menu, files that wait, a hint, a written command, an unknown option, a failure."""
    context = await new_reader(**size | {"color_scheme": theme, "reduced_motion": "reduce"})
    page = await opened(context, forming.url)
    box = page.get_by_label("Message #")
    await page.get_by_role("button", name="Attach a file").click()
    await expect(page.get_by_role("menuitem", name="A portrait")).to_be_visible()
    assert await grave(page) == []
    await page.get_by_role("menuitem", name="A portrait").click()
    await expect(page.get_by_role("list", name="Attached files")).to_be_visible()
    await box.fill("/nothing here")
    await box.press("Enter")
    await expect(page.get_by_role("button", name="Send it as text")).to_be_visible()
    assert await grave(page) == []
    await box.fill("/choices sise: wide size: Large")
    await expect(page.locator(".pill.wrong")).to_be_visible()
    await expect(page.get_by_text("It stays with your next message")).to_be_visible()
    assert await grave(page) == []
    await page.get_by_role("button", name="Leave the command").click()
    forming.bot.discord.interactions.answer_within_s = 0.2
    await box.press_sequentially("/silent ")
    await page.keyboard.press("Enter")
    await expect(messages(page).last.get_by_role("alert")).to_be_visible()
    forming.bot.discord.interactions.answer_within_s = ANSWER_WITHIN_S
    assert await grave(page) == []


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_no_grave_finding_in_an_empty_channel(
    playing: Ground, new_reader: NewReader, theme: str, size: dict[str, Any]
) -> None:
    """What an empty channel proposes, and the form that it fills in."""
    context = await new_reader(**size | {"color_scheme": theme, "reduced_motion": "reduce"})
    page = await opened(context, playing.url)
    starters = page.get_by_role("group", name="Try this").get_by_role("button")
    await expect(starters).to_have_count(3)
    assert await grave(page) == []
    await page.keyboard.type("/expand ")
    await page.get_by_role("combobox", name="Add an option").press("Enter")
    wrong = page.locator(".pill.wrong").get_by_role("button")
    await expect(wrong).to_have_accessible_description("Attach a file.")
    assert await grave(page) == []
    await page.get_by_role("button", name="Leave the command").click()
    await starters.last.click()
    await expect(page.locator(".file-button .file-name")).to_have_count(2)
    assert await grave(page) == []


async def test_nothing_moves_for_those_who_asked(forming: Ground, new_reader: NewReader) -> None:
    """With reduced motion no animation or transition lasts."""
    context = await new_reader(**PHONE | {"reduced_motion": "reduce"})
    page = await opened(context, forming.url)
    longest = await page.evaluate(
        """() => Math.max(...[...document.querySelectorAll("*")].flatMap((element) => {
            const { animationDuration, transitionDuration } = getComputedStyle(element);
            return [animationDuration, transitionDuration].map(parseFloat);
        }))"""
    )
    assert longest < 0.001
