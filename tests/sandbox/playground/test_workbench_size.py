"""The workbench is as large as its reader wants it, by pointer and by keyboard, also tomorrow."""

import asyncio
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from sandbox.playground.ground import Ground
from tests.harness.playground.browser import DESKTOP, PHONE, NewReader, opened

pytestmark = pytest.mark.sweep

WIDE = DESKTOP
NARROW: dict[str, Any] = DESKTOP | {"viewport": {"width": 700, "height": 800}}
WAYS = pytest.mark.parametrize(
    ("size", "grow", "shrink", "axis"),
    [
        (WIDE, "ArrowLeft", "ArrowRight", "width"),
        (NARROW, "ArrowUp", "ArrowDown", "height"),
        (PHONE, "ArrowUp", "ArrowDown", "height"),
    ],
    ids=["side", "sheet", "phone"],
)


async def opened_drawer(page: Page) -> tuple[Locator, Locator]:
    """The open workbench and its edge."""
    await page.keyboard.press("Control+`")
    drawer = page.get_by_role("complementary", name="Workbench")
    await expect(drawer).to_be_visible()
    return drawer, drawer.get_by_role("separator", name="Size of the workbench")


async def extent(drawer: Locator, axis: str) -> float:
    box = await drawer.bounding_box()
    assert box is not None
    return box["width"] if axis == "width" else box["height"]


async def told(edge: Locator) -> tuple[int, int, int]:
    """The least, the present and the greatest size, as assistive technology hears them."""
    low, now, high = [await edge.get_attribute(f"aria-value{one}") for one in ("min", "now", "max")]
    assert low
    assert now
    assert high
    return int(low), int(now), int(high)


@WAYS
async def test_arrow_keys_size_it(
    ground: Ground, new_reader: NewReader, size: dict[str, Any], grow: str, shrink: str, axis: str
) -> None:
    """Arrows move the edge, Home and End go to its limits, and each size is told."""
    page = await opened(await new_reader(**size), ground.url)
    drawer, edge = await opened_drawer(page)
    orientation = "vertical" if axis == "width" else "horizontal"
    await expect(edge).to_have_attribute("aria-orientation", orientation)
    await edge.focus()
    low, before, high = await told(edge)
    assert low <= before <= high
    await page.keyboard.press(grow)
    assert (await told(edge))[1] > before
    await page.keyboard.press(shrink)
    assert (await told(edge))[1] == before
    await page.keyboard.press(f"Shift+{shrink}")
    assert (await told(edge))[1] < before
    for key, limit in (("Home", low), ("End", high)):
        await page.keyboard.press(key)
        assert (await told(edge))[1] == limit
        assert round(await extent(drawer, axis)) == limit
        await expect(page.get_by_label("Message #studio")).to_be_in_viewport(ratio=0.9)


@WAYS
async def test_a_pointer_sizes_it_and_the_browser_remembers(
    ground: Ground, new_reader: NewReader, size: dict[str, Any], grow: str, shrink: str, axis: str
) -> None:
    """Dragged, the edge follows the pointer; after a reload the size is the same; twice resets."""
    page = await opened(await new_reader(**size), ground.url)
    drawer, edge = await opened_drawer(page)
    before = await extent(drawer, axis)
    box = await edge.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    way = (60, 0) if axis == "width" else (0, 60)
    await page.mouse.move(x, y)
    await page.mouse.down()
    await page.mouse.move(x + way[0], y + way[1], steps=3)
    await page.mouse.up()
    dragged = await extent(drawer, axis)
    assert abs(before - 60 - dragged) < 6
    await page.mouse.move(x, y)
    assert await extent(drawer, axis) == dragged
    await asyncio.gather(page.wait_for_event("load"), page.reload())
    await expect(page.get_by_label("Message #studio")).to_be_visible()
    await expect(drawer).to_be_visible()
    assert await extent(drawer, axis) == dragged
    await edge.dblclick()
    assert await extent(drawer, axis) == before


async def test_side_and_sheet_keep_sizes_of_their_own(
    ground: Ground, new_reader: NewReader
) -> None:
    """A window made narrow shows the sheet as it was, made wide again the drawer as it was."""
    page = await opened(await new_reader(**WIDE), ground.url)
    drawer, edge = await opened_drawer(page)
    await edge.press("Shift+ArrowLeft")
    width = await extent(drawer, "width")
    await page.set_viewport_size(NARROW["viewport"])
    await expect(edge).to_have_attribute("aria-orientation", "horizontal")
    await edge.press("Shift+ArrowUp")
    height = await extent(drawer, "height")
    await page.set_viewport_size(WIDE["viewport"])
    await expect(edge).to_have_attribute("aria-orientation", "vertical")
    assert await extent(drawer, "width") == width
    await page.set_viewport_size(NARROW["viewport"])
    await expect(edge).to_have_attribute("aria-orientation", "horizontal")
    assert await extent(drawer, "height") == height
