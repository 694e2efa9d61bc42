"""A world with one server, one channel and one member, and a discord.py bot to put into it."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import discord
from discord import app_commands

from sandbox.discord import Channel, Guild, LocalDiscord, User

TOKEN = "the-bot-token"


@dataclass
class Scene:
    world: LocalDiscord
    guild: Guild
    channel: Channel
    member: User


class Bot(discord.Client):
    """An unmodified discord.py client that registers its commands before it connects."""

    def __init__(self, intents: discord.Intents | None = None) -> None:
        super().__init__(
            intents=intents or discord.Intents(guilds=True),
            allowed_mentions=discord.AllowedMentions.none(),
            guild_ready_timeout=0.05,
            max_messages=None,
        )
        self.tree = app_commands.CommandTree(self)

    async def setup_hook(self) -> None:
        if self.tree.get_commands():
            await self.tree.sync()


@contextlib.asynccontextmanager
async def connected(bot: Bot, world: LocalDiscord) -> AsyncIterator[Bot]:
    """Keep the bot connected to the world inside the block."""
    async with bot:
        await bot.login(world.token)
        running = asyncio.create_task(bot.connect())
        try:
            await bot.wait_until_ready()
            yield bot
        finally:
            await bot.close()
            await running


@contextlib.asynccontextmanager
async def make_scene(world: LocalDiscord) -> AsyncIterator[Scene]:
    """Start the world with a server, a channel and a member in it."""
    async with world:
        guild = world.add_guild("Test server")
        channel = world.add_channel(guild, "general")
        yield Scene(world, guild, channel, world.add_user("mia"))
        assert world.unknown_routes == []


@dataclass
class Api:
    """Bare REST, for what discord.py itself would never send."""

    session: aiohttp.ClientSession
    url: str

    async def call(
        self, method: str, path: str, body: object = None, *, token: str = TOKEN
    ) -> tuple[int, Any]:
        """Return the status and the JSON of one request."""
        headers = {"Authorization": f"Bot {token}"}
        request = self.session.request(method, self.url + path, json=body, headers=headers)
        async with request as response:
            raw = await response.read()
            assert response.headers.get("Content-Type") in ("application/json", None) or not raw
            return response.status, json.loads(raw) if raw else None


def field_codes(errors: Any, path: str = "") -> dict[str, list[str]]:
    """Flatten Discord's tree of errors to {dotted path: codes}."""
    found: dict[str, list[str]] = {}
    for key, below in errors.items():
        if key == "_errors":
            found[path] = [error["code"] for error in below]
        else:
            found |= field_codes(below, f"{path}.{key}".lstrip("."))
    return found
