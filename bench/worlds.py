"""Where the measuring happens: local worlds in this process, and the bots beside it.

Each bot runs in its own process with its own local Discord, so that nothing measured shares an
interpreter with the measurement.
"""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from bot.clock import SystemClock
from sandbox.discord import Channel, Limits, LocalDiscord, User
from sandbox.kling import LocalKling

TOKEN: Final = "local-token"  # noqa: S105 - opens nothing but this local world
CONNECT_TIMEOUT_S: Final = 60.0
STOP_TIMEOUT_S: Final = 20.0
MEMBERS: Final = 20
CHANNELS: Final = 10
BOOST_TIER: Final = 3
"""Its servers accept files of 100 MiB."""
KEEP_BYTES_UP_TO: Final = 1_000_000
UNITS_ENOUGH: Final = "1000000"
"""A limit that is asked at each command and never reached."""
LAST_WORDS_CHARACTERS: Final = 3_000


class BotEnded(Exception):
    """A bot's process ended by itself; the end of its log follows."""


@dataclass
class Scene:
    """A local Discord with people in it, and the one bot that is connected to it."""

    discord: LocalDiscord
    channels: list[Channel]
    members: list[User]
    log: Path
    process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int:
        """The process of the bot."""
        assert self.process is not None
        return self.process.pid

    async def start(
        self,
        argv: Sequence[str],
        env: Mapping[str, str] | None = None,
        checkout: Path | None = None,
    ) -> None:
        """Start a bot, of another checkout if one is given, and return once it is connected."""
        gateway = self.discord.gateway
        await self.discord.until(lambda: not gateway.connected, CONNECT_TIMEOUT_S)
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, *argv, stdout=log, stderr=log, env=env, cwd=checkout
            )
        process = self.process
        ended = asyncio.create_task(process.wait())
        try:
            await self.discord.until(lambda: gateway.connected or ended.done(), CONNECT_TIMEOUT_S)
        finally:
            ended.cancel()
        if process.returncode is not None:
            raise BotEnded(self.log.read_text()[-LAST_WORDS_CHARACTERS:])

    async def stop(self) -> None:
        """Ask the bot to stop; kill it if it does not."""
        if self.process is None or self.process.returncode is not None:
            return
        self.process.terminate()
        try:
            async with asyncio.timeout(STOP_TIMEOUT_S):
                await self.process.wait()
        except TimeoutError:
            self.process.kill()
            await self.process.wait()


@contextlib.asynccontextmanager
async def open_scene(
    log: Path,
    *,
    channels: int = CHANNELS,
    members: int = MEMBERS,
    limits: Limits | None = None,
    message_limit: int | None = None,
    keep_bytes: int = KEEP_BYTES_UP_TO,
) -> AsyncIterator[Scene]:
    """Open a local Discord with a boosted server; stop the bot in the end.

    Of files of more than `keep_bytes` it keeps only what they were.
    """
    async with LocalDiscord(
        SystemClock(),
        token=TOKEN,
        keep_bytes_up_to=keep_bytes,
        limits=limits,
        message_limit=message_limit,
    ) as local:
        guild = local.add_guild("Bench", BOOST_TIER)
        scene = Scene(
            local,
            [local.add_channel(guild, f"channel-{n}") for n in range(channels)],
            [local.add_user(f"member-{n}") for n in range(members)],
            log,
        )
        try:
            yield scene
        finally:
            await scene.stop()


def bare_argv(scene: Scene) -> list[str]:
    """Return the command that starts the bare bot."""
    return ["-m", "bench.bare_bot", scene.discord.api_url, scene.discord.gateway_url, TOKEN]


OUR_ARGV: Final = ("-m", "bot", "run")


def our_env(scene: Scene, kling: LocalKling, folder: Path, **settings: str) -> dict[str, str]:
    """Return the environment in which our bot sees only these worlds."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("KLINGBOT_")}
    hosts = [urlsplit(url).netloc for url in (scene.discord.cdn_url, kling.base_url)]
    return {
        **kept,
        "KLINGBOT_DISCORD__TOKEN": TOKEN,
        "KLINGBOT_DISCORD__API_URL": scene.discord.api_url,
        "KLINGBOT_DISCORD__GATEWAY_URL": scene.discord.gateway_url,
        "KLINGBOT_KLING__BASE_URL": kling.base_url,
        "KLINGBOT_KLING__ACCESS_KEY": kling.keys.access_key,
        "KLINGBOT_KLING__SECRET_KEY": kling.keys.secret_key,
        "KLINGBOT_MEDIA__PRIVATE_HOSTS": f'["{hosts[0]}", "{hosts[1]}"]',
        "KLINGBOT_STORAGE__URL": f"sqlite:///{folder}/kling.db",
        "KLINGBOT_WEB__LISTEN": "",
        "KLINGBOT_ACCESS__JOBS_PER_MEMBER_DAY": "0",
        "KLINGBOT_LIMITS__MEMBER_IMAGE_UNITS_PER_DAY": UNITS_ENOUGH,
        "KLINGBOT_LIMITS__OPEN_JOBS_PER_MEMBER": "0",
        "KLINGBOT_LIMITS__DELIVERIES_AGAIN_PER_HOUR": "0",
        "KLINGBOT_LIMITS__INPUT_MIB_PER_MEMBER_DAY": "0",
        **{f"KLINGBOT_{name}": value for name, value in settings.items()},
    }
