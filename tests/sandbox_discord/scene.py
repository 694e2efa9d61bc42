"""A world with one server, one channel and one member, and a discord.py bot to put into it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

import discord
from discord import app_commands

from bot.sandbox.discord import Channel, Guild, LocalDiscord, User

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
