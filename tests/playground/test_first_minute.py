"""The first minute: the page opens, a command is typed, its pictures appear."""

from playwright.async_api import BrowserContext, expect

from bot.sandbox.playground.ground import Ground
from tests.playground.browser import Watch, opened

PROMPT = "a paper boat on a quiet river"
AT_END = """() => {
  const { scrollHeight, scrollTop, clientHeight } = document.querySelector(".scroller");
  return scrollHeight - scrollTop - clientHeight < 2;
}"""


async def test_pictures_come_by_keyboard(
    ground: Ground, browser: BrowserContext, watch: Watch
) -> None:
    """Slash, two letters, Enter, the prompt, an option, Enter: two pictures, and an empty box."""
    await ground.bot.start_bot()
    page = await opened(browser, ground.url)
    keys = page.keyboard
    await keys.type("/im")
    await expect(page.get_by_role("option", name="/image")).to_have_attribute(
        "aria-selected", "true"
    )
    await keys.press("Enter")
    await keys.type(PROMPT)
    await keys.press("Tab")
    await keys.type("n")
    await keys.press("Enter")
    await keys.type("2")
    await keys.press("Tab")
    await keys.press("Escape")
    await keys.press("Enter")
    await expect(page.get_by_label("Message #studio")).to_have_value("")
    await expect(page.get_by_role("article").first).to_contain_text(PROMPT)
    pictures = page.get_by_role("button", name=f"Open {PROMPT}").locator("img")
    await expect(pictures).to_have_count(2)
    for number in range(2):
        await page.wait_for_function(
            "number => document.querySelectorAll('.tile img')[number].naturalWidth > 1000",
            arg=number,
        )
    await page.wait_for_function(AT_END)
    watch.check()
