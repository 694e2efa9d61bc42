"""The workbench as a page without a browser opens it, and somebody who uses the bot meanwhile."""

from typing import Any

from bot.sandbox.discord import Interaction
from bot.sandbox.playground.ground import Ground
from tests.playground.page import OpenPage, Page

PROMPT = "a paper boat on a quiet river"
BOUND_S = 60.0


async def open_drawer(open_page: OpenPage, text: str = "") -> tuple[Page, dict[str, Any]]:
    """A page with its workbench open, and what the workbench showed at first."""
    page = await open_page()
    await page.ask("view", member=None, locale="en-US")
    return page, await page.ask("workbench", open=True, text=text)


async def asked(ground: Ground) -> Interaction:
    discord, scene = ground.bot.discord, ground.scene
    interaction = await discord.slash(
        scene.members[0], scene.channels[0], "image", {"prompt": PROMPT}
    )
    return await interaction.answered(BOUND_S)
