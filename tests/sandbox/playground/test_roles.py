"""Roles in the page: selects, options and mentions."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import BrowserContext, expect

from sandbox.playground.ground import Ground
from tests.harness.playground.browser import command, messages, opened
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


async def test_selects_offer_the_roles(forming: Ground, browser: BrowserContext) -> None:
    """A role select lists the server's roles, a mentionable one members too; the bot gets them."""
    page = await opened(browser, forming.url)
    await command(page, "rolepanel")
    panel = messages(page).filter(has_text="a role panel").last
    roles = panel.get_by_role("combobox", name="Roles")
    await roles.click()
    options = panel.get_by_role("option")
    await expect(options).to_have_text(["@artists", "@moderators", "@newcomers"])
    for name in ("@artists", "@newcomers"):
        await options.filter(has_text=name).click()
    await roles.press("Tab")
    await expect(messages(page).last).to_contain_text("roles [('artists', ")
    await expect(messages(page).last).to_contain_text("('newcomers', 0)]")
    anybody = panel.get_by_role("combobox", name="Anybody")
    for name, said in (("@moderators", "('Role', 'moderators')"), ("@owner", "'owner')")):
        await anybody.click()
        await panel.get_by_role("option", name=name, exact=True).click()
        await expect(messages(page).last).to_contain_text(said)


async def test_forms_and_options_take_roles(forming: Ground, browser: BrowserContext) -> None:
    """In a form and as an option, typed or pasted as a mention."""
    page = await opened(browser, forming.url)
    await command(page, "roleform")
    form = page.get_by_role("dialog", name="Roles")
    await form.get_by_role("combobox", name="Role").click()
    await form.get_by_role("option", name="@moderators").click()
    await form.get_by_role("button", name="Submit").click()
    await expect(messages(page).last).to_contain_text("form ['moderators']")
    await expect(form).to_have_count(0)
    await page.keyboard.type("/role ")
    await page.keyboard.type("art")
    await page.keyboard.press("Enter")
    await expect(page.get_by_label("other: ")).to_be_focused()
    await page.keyboard.type("newcomers")
    await page.keyboard.press("Enter")
    await page.keyboard.press("Enter")
    await expect(messages(page).last).to_contain_text("role artists | newcomers")


async def test_a_mentioned_role_pings_its_members(forming: Ground, browser: BrowserContext) -> None:
    """A mentionable role is proposed, shown by its name, and stands out for its members."""
    page, other = await opened(browser, forming.url), await opened(browser, forming.url)
    await other.get_by_role("radio", name="newcomer").check()
    await page.bring_to_front()
    await page.keyboard.type("paint it @art")
    await expect(page.get_by_role("option", name="artists")).to_be_visible()
    await page.keyboard.press("Enter")
    await page.keyboard.type("not @moderators")
    await page.keyboard.press("Enter")
    for reader in (page, other):
        said = messages(reader).filter(has_text="paint it")
        await expect(said.locator(".mention")).to_have_text("@artists")
        await expect(said).to_contain_text("not @moderators")
    await expect(page.locator(".pinged")).to_have_count(1)
    await expect(other.locator(".pinged")).to_have_count(0)
