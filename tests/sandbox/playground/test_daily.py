"""Members' daily life on the page, with the real bot: forms, menus, right click, stars, history."""

from typing import Any

import pytest
from playwright.async_api import BrowserContext, Locator, Page, expect

from sandbox.playground.ground import Ground
from tests.harness.playground.accessibility import grave
from tests.harness.playground.browser import DESKTOP, PHONE, NewReader, command, messages, opened

IMAGE = "/image prompt: {prompt}"
GALLERY = """async () => {
  const { gallery } = await import("/page/js/messages/attachments.js");
  const one = (name, flags) => ({ url: "/page/icon.svg", name, flags, width: 40, height: 40 });
  document.querySelector("main").append(gallery([one("a", 8), one("b", 0), one("c", 8)]));
}"""
EDIT_LABELS = ["What you want to see", "What you don't want to see", "Model", "Shape"]


async def send(page: Page, line: str) -> None:
    """Paste a command with its options, and send it."""
    await page.get_by_label("Message #").click()
    await page.keyboard.insert_text(line)
    await expect(page.get_by_role("button", name="Leave the command")).to_be_visible()
    await page.get_by_role("button", name="Send").click()


async def made(page: Page, prompt: str) -> Locator:
    """Make an image, and return its message."""
    await send(page, IMAGE.format(prompt=prompt))
    post = messages(page).filter(has_text="your image is ready").filter(has_text=prompt).last
    await expect(post.locator(".tile img")).to_be_visible()
    return post


async def choose(page: Page, name: str) -> None:
    """Go to an entry of the open menu by the arrow keys, and take it."""
    entry = page.get_by_role("menuitem", name=name, exact=True)
    await expect(page.get_by_role("menuitem").first).to_be_focused()
    while not await entry.evaluate("(one) => one === document.activeElement"):
        await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")


@pytest.mark.sweep
async def test_a_result_is_gone_on_from_by_keyboard(
    playing: Ground, browser: BrowserContext
) -> None:
    """Edit, the menu of a message, and Delete in the menu under a result, without a mouse."""
    page = await opened(browser, playing.url)
    keys = page.keyboard
    post = await made(page, "a grey heron")
    await post.get_by_role("button", name="Edit", exact=True).press("Enter")
    form = page.get_by_role("dialog", name="Edit")
    await expect(form.get_by_label(EDIT_LABELS[0])).to_be_focused()
    await keys.press("End")
    await keys.type(" at dusk")
    await form.get_by_role("button", name="Submit").press("Enter")
    results = messages(page).filter(has_text="your image is ready")
    edited = results.filter(has_text="Made from: Image")
    await expect(edited).to_contain_text("a grey heron at dusk")
    await expect(edited.locator(".tile img")).to_be_visible()
    await post.focus()
    await keys.press("Shift+F10")
    await choose(page, "Animate")
    form = page.get_by_role("dialog", name="Animate")
    await expect(form.get_by_role("radiogroup")).to_be_visible()
    await keys.type("it takes off")
    await form.get_by_role("button", name="Submit").press("Enter")
    clip = messages(page).filter(has_text="your video is ready").last
    await expect(clip.locator("video")).to_be_visible()
    more = edited.get_by_role("combobox", name="More")
    await more.press("ArrowDown")
    last = edited.get_by_role("option").last
    await expect(last).to_contain_text("Delete")
    await keys.press("ArrowUp")
    await keys.press("Enter")
    await expect(messages(page).last).to_contain_text("Deleted. I'm taking my messages")
    await expect(edited).to_have_count(0)


async def test_a_hidden_result_is_covered_until_it_is_activated(
    playing: Ground, browser: BrowserContext
) -> None:
    """By keyboard, with nothing grave; under the cover nothing is reached."""
    page = await opened(browser, playing.url)
    post = await made(page, "a red fox")
    await post.get_by_role("combobox", name="More").click()
    await post.get_by_role("option", name="Hide (spoiler)").click()
    cover = post.get_by_role("button", name="Spoiler: activate to show")
    await expect(cover).to_be_visible()
    await expect(post.locator(".tile")).to_have_js_property("inert", value=True)
    assert await grave(page) == []
    await cover.press("Enter")
    await expect(cover).to_have_count(0)
    await expect(post.locator(".tile")).to_be_focused()


@pytest.mark.sweep
async def test_arrows_pass_what_is_covered(playing: Ground, browser: BrowserContext) -> None:
    """Of three pictures two are covered: the third opens alone, with another once that is seen."""
    page = await opened(browser, playing.url)
    await page.evaluate(GALLERY)
    gallery = page.locator(".of-3")
    tiles, large = gallery.locator(".tile"), page.locator("dialog.lightbox")
    await tiles.nth(1).press("Enter")
    await expect(large.locator("img")).to_have_attribute("alt", "b")
    await page.keyboard.press("ArrowRight")
    await expect(large.locator("img")).to_have_attribute("alt", "b")
    await page.keyboard.press("Escape")
    await expect(large).to_have_count(0)
    await gallery.get_by_role("button", name="Spoiler: activate to show").last.press("Enter")
    await tiles.nth(1).press("Enter")
    await page.keyboard.press("ArrowRight")
    await expect(large.locator("img")).to_have_attribute("alt", "c")
    await expect(large).to_contain_text("2 / 2")


@pytest.mark.sweep
async def test_a_star_reaches_the_showcase(playing: Ground, browser: BrowserContext) -> None:
    """One manager, one author and one fan: the copy is in the channel that was chosen."""
    page = await opened(browser, playing.url)
    await page.get_by_role("radio", name="owner").check()
    await send(page, "/settings showcase set channel: #showcase presses: 1")
    await expect(messages(page).last).to_contain_text("Showcase: #showcase")
    await page.get_by_role("radio", name="member").check()
    await made(page, "an owl on a mast")
    await page.get_by_role("radio", name="newcomer").check()
    post = messages(page).filter(has_text="an owl on a mast").last
    await post.get_by_role("button", name="Star").click()
    await expect(messages(page).last).to_contain_text("enough stars for #showcase")
    await page.get_by_role("navigation").get_by_role("button", name="showcase").click()
    copy = messages(page).last
    await expect(copy).to_contain_text("By @member: the original")
    await expect(copy.locator(".tile img")).to_be_visible()


@pytest.mark.sweep
@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_no_grave_finding(
    playing: Ground, new_reader: NewReader, theme: str, size: dict[str, Any]
) -> None:
    """A result and its menu, its form, a right click on its image, that form, the history."""
    context = await new_reader(**size | {"color_scheme": theme, "reduced_motion": "reduce"})
    page = await opened(context, playing.url)
    prompt = f"a red kite, {theme}, {size['viewport']['width']}"
    post = await made(page, prompt)
    await post.get_by_role("combobox", name="More").click()
    await expect(post.get_by_role("option", name="Delete")).to_be_visible()
    assert await grave(page) == []
    await page.keyboard.press("Escape")
    await post.get_by_role("button", name="Edit", exact=True).click()
    form = page.get_by_role("dialog", name="Edit")
    await expect(form.locator("label")).to_contain_text(EDIT_LABELS)
    assert await grave(page) == []
    await form.get_by_role("button", name="Cancel").click()
    await post.locator(".tile img").click(button="right")
    await page.get_by_role("menuitem", name="Lip-sync", exact=True).click()
    form = page.get_by_role("dialog", name="Lip-sync")
    await expect(form.locator("input[type=file]")).to_be_attached()
    assert await grave(page) == []
    await form.get_by_role("button", name="Cancel").click()
    pages = messages(page).filter(has_text="ended job")
    before = await pages.count()
    await command(page, "history")
    await expect(pages).to_have_count(before + 1)
    await expect(page.get_by_label("Message #")).to_be_focused()
    await pages.last.get_by_role("combobox").click()
    await pages.last.get_by_role("option").filter(has_text=prompt).click()
    await expect(messages(page).last).to_contain_text("Go to its card")
    assert await grave(page) == []
    await send(page, "/video prompt: waves model: kling-v2-5-turbo sound: True")
    await expect(messages(page).last).to_contain_text("Or start it like this")
    assert await grave(page) == []
