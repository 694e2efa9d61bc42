"""Lists and menus are whole inside the window, whatever the room around what they belong to."""

import itertools
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, expect

from sandbox.playground.ground import Ground
from tests.harness.playground.browser import (
    DESKTOP,
    PHONE,
    NewReader,
    command,
    messages,
    opened,
)
from tests.harness.playground.forms_bot import forms_bot_in
from tests.harness.playground.grounds import patient_ground

pytestmark = pytest.mark.sweep

LOW: dict[str, Any] = DESKTOP | {"viewport": {"width": 700, "height": 300}}
SIZES = pytest.mark.parametrize("size", [DESKTOP, PHONE, LOW], ids=["desktop", "phone", "low"])


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def forming(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Ground]:
    """A ground with more messages than fit a window."""
    async with (
        patient_ground(tmp_path_factory.mktemp("ground")) as ground,
        forms_bot_in(ground.bot.discord),
    ):
        discord, scene = ground.bot.discord, ground.scene
        for number in range(30):
            await discord.say(scene.members[number % 2], scene.channels[0], f"number {number}")
        yield ground


async def rect(element: Locator) -> dict[str, float]:
    """Where an element is in the window, in CSS pixels."""
    box = await element.bounding_box()
    assert box is not None
    left, top, width, height = (box[key] for key in ("x", "y", "width", "height"))
    return {"x": left, "y": top, "height": height, "right": left + width, "bottom": top + height}


async def whole(page: Page, floating: Locator, anchor: Locator | None) -> str:
    """Check that a list is inside the window and beside its anchor; say on which side it is."""
    await expect(floating).to_be_visible()
    size = page.viewport_size
    assert size is not None
    box = await rect(floating)
    assert box["x"] >= 0
    assert box["y"] >= 0
    assert box["right"] <= size["width"]
    assert box["bottom"] <= size["height"]
    assert box["height"] > 30
    if anchor is None:
        return "anywhere"
    beside = await rect(anchor)
    if box["bottom"] <= beside["y"]:
        return "above"
    assert box["y"] >= beside["bottom"]
    return "below"


async def put(page: Page, element: Locator, block: str) -> None:
    """Scroll a message to the `start` or the `end` of the list, as a reader."""
    await page.locator(".scroller").press("Shift")
    await element.evaluate(
        """(one, block) => {
          one.scrollIntoView({ block });
          return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
        }""",
        block,
    )


async def select_amid_messages(ground: Ground, page: Page) -> Locator:
    """A select between enough messages that it can be scrolled anywhere."""
    await command(page, "drinks")
    await expect(messages(page).last.get_by_role("combobox")).to_be_visible()
    member, studio = ground.scene.members[0], ground.scene.channels[0]
    for number in range(20):
        await ground.bot.discord.say(member, studio, f"later {number}\nand\nmore")
    await expect(messages(page).last).to_contain_text("later 19")
    return page.locator(".message:has([role=combobox])").last.get_by_role("combobox")


@SIZES
async def test_a_select_opens_where_there_is_room(
    forming: Ground, new_reader: NewReader, size: dict[str, Any]
) -> None:
    """At the lower end of the list its options are above it, at the upper end below it."""
    page = await opened(await new_reader(**size), forming.url)
    select = await select_amid_messages(forming, page)
    options = page.get_by_role("listbox", name="Make a selection")
    sides = []
    for block in ("start", "end"):
        await put(page, select, block)
        await select.click()
        sides.append(await whole(page, options, select))
        await page.keyboard.press("Escape")
        await expect(options).to_be_hidden()
    assert sides == ["below", "above"]


async def test_options_follow_their_select_and_go_with_it(
    forming: Ground, new_reader: NewReader
) -> None:
    """Scrolled, an open list stays beside its select; out of sight, it closes."""
    page = await opened(await new_reader(**DESKTOP), forming.url)
    select = await select_amid_messages(forming, page)
    await put(page, select, "center")
    await select.click()
    options = page.get_by_role("listbox", name="Make a selection")
    assert await whole(page, options, select) == "below"
    before = await rect(select)
    await page.mouse.move(before["right"] + 100, before["y"])
    await page.mouse.wheel(0, 80)
    await page.wait_for_function(
        "([one, y]) => one.getBoundingClientRect().top <= y - 80",
        arg=[await select.element_handle(), before["y"]],
    )
    assert await whole(page, options, select) == "below"
    await page.mouse.wheel(0, 3000)
    await expect(options).to_be_hidden()


@SIZES
async def test_menus_of_messages_are_whole(
    forming: Ground, new_reader: NewReader, size: dict[str, Any]
) -> None:
    """By its button or by right click, near any edge of the list, the menu is in the window."""
    page = await opened(await new_reader(**size), forming.url)
    menu = page.get_by_role("menu")
    message = messages(page).nth(16)
    for block, by_button in itertools.product(("start", "end"), (True, False)):
        await put(page, message, block)
        more = message.get_by_role("button", name="More")
        if by_button:
            await message.focus()
            await more.click()
        else:
            box = await rect(message)
            await message.click(button="right", position={"x": box["right"] - box["x"] - 3, "y": 6})
        await expect(menu.get_by_role("menuitem").last).to_be_attached()
        await whole(page, menu, more if by_button else None)
        await page.keyboard.press("End")
        await expect(menu.get_by_role("menuitem").last).to_be_in_viewport(ratio=0.9)
        await page.keyboard.press("Escape")
        await expect(menu).to_have_count(0)


@SIZES
async def test_suggestions_are_whole_above_any_composer(
    forming: Ground, new_reader: NewReader, size: dict[str, Any]
) -> None:
    """Commands, options and choices: even over a composer with many pills the list can be read."""
    page = await opened(await new_reader(**size), forming.url)
    suggestions = page.locator(".suggestions")
    composer = page.locator("#composer .bar")
    await page.keyboard.type("/")
    assert await whole(page, suggestions, composer) == "above"
    await page.keyboard.press("ArrowUp")
    await expect(suggestions.get_by_role("option").last).to_be_in_viewport(ratio=0.9)
    await page.keyboard.type("options ")
    await expect(page.get_by_role("group", name="/options")).to_be_visible()
    await page.get_by_label("member: ").focus()
    await whole(page, suggestions, composer)
    for option in await suggestions.get_by_role("option").all():
        await option.scroll_into_view_if_needed()
        await expect(option).to_be_in_viewport(ratio=0.9)


async def test_options_of_a_form_are_not_cut_off(forming: Ground, new_reader: NewReader) -> None:
    """A select at the end of a form on a phone shows all its options."""
    page = await opened(await new_reader(**PHONE), forming.url)
    await command(page, "marks")
    form = page.get_by_role("dialog", name="Marks")
    painter = form.get_by_role("combobox", name="Painter")
    await painter.click()
    options = page.get_by_role("listbox", name="Make a selection")
    await whole(page, options, painter)
    for option in await options.get_by_role("option").all():
        await expect(option).to_be_in_viewport(ratio=0.9)
    await options.get_by_role("option", name="@newcomer").click()
    await expect(painter).to_contain_text("@newcomer")
