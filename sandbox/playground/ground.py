"""The whole playground: both local worlds, the bot's process, and the page in front of them."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from sandbox.clock import SystemClock
from sandbox.discord import LocalDiscord
from sandbox.kling import LocalKling
from sandbox.kling.results import Draw, draw_result
from sandbox.playground.aliases import aliases
from sandbox.playground.guard import guard
from sandbox.playground.scenery import Scene, set_scene
from sandbox.playground.site import Site
from sandbox.process import TOKEN, BotProcess


@dataclass(frozen=True)
class Ground:
    """Everything the page shows and controls. The bot is not started yet."""

    scene: Scene
    bot: BotProcess

    @property
    def url(self) -> str:
        """The page's URL."""
        return f"{self.bot.discord.url}/"

    def invite(self) -> None:
        """Let the bot join the server, where it says hello if it is connected."""
        self.bot.discord.add_bot(self.scene.guild)


@contextlib.asynccontextmanager
async def open_ground(
    folder: Path, port: int = 0, *, invited: bool = True, draw: Draw = draw_result
) -> AsyncIterator[Ground]:
    """Open both worlds and the page on a loopback port (0: a free one), close them at the end.

    `invited`: the bot is a member from the start, and has no reason to say hello. `draw` is how the
    local Kling makes its results.

    Raises:
        OSError: when the port is taken.
    """
    clock = SystemClock()
    discord = LocalDiscord(clock, token=TOKEN)
    scene = set_scene(discord, invited=invited)
    async with LocalKling(clock, draw=draw) as kling:
        bot = BotProcess(discord, kling, folder)
        site = Site(scene, bot)
        site.add_to(discord.app)
        discord.app.middlewares.append(guard(lambda: discord.url))
        try:
            await discord.start(port)
            async with aliases(discord.url, discord.port):
                yield Ground(scene, bot)
        finally:
            await site.close()
            await bot.kill_bot()
            await discord.close()
