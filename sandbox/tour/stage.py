"""The stage of the tour: a local Discord, a local Kling, and the bot as a process of its own."""

import contextlib
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from sandbox.clock import SystemClock
from sandbox.discord import Channel, LocalDiscord, User
from sandbox.kling import LocalKling
from sandbox.process import TOKEN, BotProcess


@dataclass(kw_only=True)
class Stage(BotProcess):
    """Everything a scene needs."""

    channel: Channel
    member: User


@contextlib.asynccontextmanager
async def set_stage() -> AsyncIterator[Stage]:
    """Open both worlds on free loopback ports; close them, and stop the bot, at the end."""
    clock = SystemClock()
    with tempfile.TemporaryDirectory(prefix="kling-tour-") as made:
        async with LocalDiscord(clock, token=TOKEN) as discord, LocalKling(clock) as kling:
            guild = discord.add_guild("The tour")
            channel = discord.add_channel(guild, "studio")
            member = discord.add_user("mia")
            stage = Stage(discord, kling, Path(made), channel=channel, member=member)
            try:
                yield stage
            finally:
                await stage.kill_bot()
