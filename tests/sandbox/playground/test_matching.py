"""What is typed finds what is meant: a whole name before names that only begin with it."""

import re
from typing import Any

import pytest
from playwright.async_api import BrowserContext, Page, expect

from sandbox.playground.ground import Ground
from tests.harness.playground.browser import opened

pytestmark = pytest.mark.sweep

MATCHING = """async ([things, typed]) => {
  const { matching } = await import("/page/js/composer/commands.js");
  return matching(things, typed).map(({ name }) => name);
}"""
SLASH, SUB_COMMAND = 1, 1
"""Types of a command and of an option."""


def optional(command: dict[str, Any]) -> list[str]:
    """The names of the options that a member adds to a command."""
    options = command.get("options") or []
    return [option["name"] for option in options if not option.get("required")]


def parts(command: dict[str, Any]) -> list[str]:
    """The names of a command's sub-commands, which are typed with it."""
    options = command.get("options") or []
    return [option["name"] for option in options if option["type"] == SUB_COMMAND]


def commands(ground: Ground) -> list[dict[str, Any]]:
    """The bot's slash commands that take options and that every member may use."""
    anyones = (c for c in ground.bot.discord.commands if not c.get("default_member_permissions"))
    slash = [c for c in anyones if c["type"] == SLASH]
    return [c for c in slash if optional(c) and not parts(c)]


async def matched(page: Page, names: list[str], typed: str) -> list[str]:
    """What the page lists of `names` for what was typed."""
    found: list[str] = await page.evaluate(MATCHING, [[{"name": n} for n in names], typed])
    return found


async def test_the_whole_name_adds_that_option(playing: Ground, browser: BrowserContext) -> None:
    """Typed in full, the name of any option of any command adds that option and no other."""
    page = await opened(browser, playing.url)
    pills = page.locator(".pill label")
    more = page.get_by_role("combobox", name="Add an option")
    assert sum(len(optional(one)) for one in commands(playing)) > 30
    for one in commands(playing):
        await page.keyboard.type(f"/{one['name']} ")
        await expect(page.get_by_role("group", name=f"/{one['name']}")).to_be_visible()
        for name in optional(one):
            await more.focus()
            await page.keyboard.type(name)
            await page.keyboard.press("Enter")
            await expect(pills.last).to_have_text(name)
            await page.keyboard.press("Backspace")
            await expect(pills.filter(has_text=re.compile(f"^{name}$"))).to_have_count(0)
        await page.get_by_role("button", name="Leave the command").click()


async def test_names_that_begin_so_come_before_those_that_contain_it(
    playing: Ground, browser: BrowserContext
) -> None:
    """Whatever part of a name is typed: the whole name, then beginnings, then the others."""
    page = await opened(browser, playing.url)
    for one in commands(playing):
        names = [option["name"] for option in one["options"]]
        for typed in {name[:end] for name in names for end in range(1, len(name) + 1)}:
            listed = await matched(page, names, typed)
            ranks = [2 if not name.startswith(typed) else int(name != typed) for name in listed]
            assert ranks == sorted(ranks), (typed, listed)
            assert set(listed) == {name for name in names if typed in name}


@pytest.mark.parametrize(
    ("names", "typed", "first"),
    [
        (["moderator", "mod"], "mod", "mod"),
        (["settings show", "settings"], "Settings", "settings"),
        (["kling-v2-1-master", "kling-v2-1"], "kling-v2-1", "kling-v2-1"),
        (["the studio", "studio-2", "studio"], "studio", "studio"),
        (["a mode", "model"], "mode", "model"),
    ],
)
async def test_one_rule_serves_every_list(
    playing: Ground, browser: BrowserContext, names: list[str], typed: str, first: str
) -> None:
    """Members, commands, choices, channels: in any list the whole name is what Enter picks."""
    page = await opened(browser, playing.url)
    assert (await matched(page, names, typed))[0] == first
