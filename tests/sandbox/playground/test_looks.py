"""What is drawn is where it belongs: nothing cut off, nothing out of shape, nothing too loud."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import BrowserContext, FilePayload, Locator, Page, expect

from sandbox.kling.samples import portrait
from sandbox.playground.ground import Ground
from tests.harness.playground.browser import (
    DESKTOP,
    PHONE,
    NewReader,
    command,
    drop,
    messages,
    opened,
)
from tests.harness.playground.forms_bot import forms_bot_in
from tests.harness.playground.grounds import patient_ground

pytestmark = pytest.mark.sweep

SIZES = pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
SEEN = """(element) => {
  const { left, top, right, bottom } = element.getBoundingClientRect();
  const corners = [[left, top], [right, top], [left, bottom], [right, bottom]];
  const inwards = (value, edge) => value + (value === edge ? 3 : -3);
  return corners.every(([x, y]) =>
    element.contains(document.elementFromPoint(inwards(x, left), inwards(y, top))));
}"""
"""Whether all four corners of an element are painted and can be pressed."""
CONTRAST = """(element) => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const paint = (colours) => {
    canvas.clearRect(0, 0, 1, 1);
    for (const colour of colours) {
      canvas.fillStyle = colour;
      canvas.fillRect(0, 0, 1, 1);
    }
    const [red, green, blue] = [...canvas.getImageData(0, 0, 1, 1).data].map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const ground = getComputedStyle(document.body).backgroundColor;
  const band = getComputedStyle(element).backgroundColor;
  const [low, high] = [paint([ground]), paint([ground, band])].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}"""
"""The contrast (WCAG 2) between a message's band and the ground of the page."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def forming(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Ground]:
    """A ground with more messages than fit a window, one of which mentions the reader."""
    async with (
        patient_ground(tmp_path_factory.mktemp("ground")) as ground,
        forms_bot_in(ground.bot.discord),
    ):
        discord, scene = ground.bot.discord, ground.scene
        for number in range(30):
            await discord.say(scene.members[number % 2], scene.channels[0], f"number {number}")
        mention = f"look <@{scene.members[0].id}>"
        await discord.say(scene.members[1], scene.channels[0], mention)
        yield ground


async def reader(new_reader: NewReader, ground: Ground, size: dict[str, Any]) -> Page:
    """The page at a size."""
    return await opened(await new_reader(**size), ground.url)


async def height(element: Locator) -> float:
    """How tall an element is, in CSS pixels."""
    box = await element.bounding_box()
    assert box is not None
    return box["height"]


@SIZES
async def test_a_wrong_option_keeps_its_shape(
    forming: Ground, new_reader: NewReader, size: dict[str, Any]
) -> None:
    """A pill that is marked as wrong is as tall as before: only its edge changes."""
    page = await reader(new_reader, forming, size)
    await page.keyboard.type("/options ")
    pill = page.locator(".pill").first
    await expect(pill).to_be_visible()
    before = await height(pill)
    await page.keyboard.type("9")
    await page.keyboard.press("Enter")
    await expect(pill.get_by_role("textbox")).to_have_attribute("aria-invalid", "true")
    assert await height(pill) == before


@SIZES
async def test_a_long_file_name_keeps_the_pill_small(
    forming: Ground, new_reader: NewReader, size: dict[str, Any]
) -> None:
    """A file with a long name is one line inside the composer, with its button to take it back."""
    page = await reader(new_reader, forming, size)
    await page.keyboard.type("/attach ")
    await expect(page.get_by_role("group", name="/attach")).to_be_visible()
    long = FilePayload(name="x" * 90 + ".png", mimeType="image/png", buffer=portrait())
    await drop(page, long)
    pill = page.locator(".pill").first
    await expect(pill.locator("img")).to_be_visible()
    remove = pill.get_by_role("button", name="Remove")
    assert await remove.evaluate(SEEN)
    outer, inner = await page.locator(".bar").bounding_box(), await pill.bounding_box()
    assert outer is not None
    assert inner is not None
    assert inner["x"] + inner["width"] <= outer["x"] + outer["width"]
    assert inner["height"] < 2 * await height(page.get_by_text("/attach", exact=True).first)


@SIZES
async def test_the_buttons_of_a_message_are_never_cut_off(
    forming: Ground, new_reader: NewReader, size: dict[str, Any]
) -> None:
    """On any message, also the uppermost that is half out of sight, both buttons are whole."""
    page = await reader(new_reader, forming, size)
    for number in (0, 12, 20):
        message = messages(page).filter(has_text=f"number {number}").first
        await message.press("Shift")  # a reader's hand, without which the page keeps to its end
        await message.evaluate("one => one.scrollIntoView({ block: 'start' })")
        await page.evaluate("document.querySelector('.scroller').scrollTop += 12")
        for name in ("Reply", "More"):
            button = message.get_by_role("button", name=name)
            await expect(button).to_be_visible()
            assert await button.evaluate(SEEN), (number, name)


@pytest.mark.parametrize("theme", ["dark", "light"])
async def test_bands_are_quiet(forming: Ground, new_reader: NewReader, theme: str) -> None:
    """A private answer and a mention stand out from the ground, but hardly by their brightness."""
    page = await reader(new_reader, forming, DESKTOP | {"color_scheme": theme})
    await command(page, "letter")
    private = messages(page).filter(has_text="Only you can see this").last
    await expect(private).to_be_visible()
    for band in (private, page.locator(".message.pinged").last):
        assert 1.01 < await band.evaluate(CONTRAST) < 1.15


async def test_styles_of_the_workbench_stay_in_it(forming: Ground, browser: BrowserContext) -> None:
    """No rule of its stylesheet reaches an element elsewhere, however its class is called."""
    page = await opened(browser, forming.url)
    rules: list[str] = await page.evaluate(
        """() => {
          const named = ({ href }) => href.endsWith("workbench.css");
          const sheet = [...document.styleSheets].find(named);
          const flat = (rules) => [...rules].flatMap((rule) =>
            rule instanceof CSSMediaRule ? flat(rule.cssRules) : [rule.selectorText]);
          return flat(sheet.cssRules);
        }"""
    )
    assert rules
    assert [rule for rule in rules if "#workbench" not in rule and "workbench" not in rule] == []
