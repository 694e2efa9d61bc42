"""The workbench as a page without a browser opens it, and a member who uses the bot."""

from typing import Any

import aiohttp

from sandbox.clock import PATIENCE_S
from sandbox.discord import Interaction
from sandbox.playground.ground import Ground
from sandbox.process import TOKEN
from tests.harness.playground.page import OpenPage, Page

PROMPT = "a paper boat on a quiet river"


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
    return await interaction.answered(PATIENCE_S)


async def refuse(ground: Ground, http: aiohttp.ClientSession, content: str) -> None:
    """Let a request of the bot be refused."""
    channel = ground.scene.channels[0]
    async with http.post(
        f"{ground.bot.discord.api_url}/channels/{channel.id}/messages",
        json={"content": content},
        headers={"Authorization": f"Bot {TOKEN}"},
    ) as response:
        assert response.status == 400


async def create(ground: Ground, http: aiohttp.ClientSession) -> int:
    """Ask Kling for a picture and return the HTTP status."""
    kling = ground.bot.kling
    async with http.post(
        f"{kling.base_url}/v1/images/generations",
        json={"prompt": PROMPT},
        headers={"Authorization": f"Bearer {kling.keys.api_key}"},
    ) as response:
        return response.status
