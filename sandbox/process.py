"""The bot in its own process, between a local Discord and a local Kling."""

import asyncio
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from sandbox.clock import PATIENCE_S
from sandbox.discord import LocalDiscord
from sandbox.kling import LocalKling

TOKEN: Final = "local-token"  # noqa: S105 - opens nothing but this local world
ROOT: Final = Path(__file__).parents[1]
"""Where `bot` is, beside `sandbox`, in a checkout as in an installed wheel."""
POLL_S: Final = "0.5"
LAST_WORDS_BYTES: Final = 2_000


class BotEnded(Exception):
    """The bot's process ended by itself; the end of its log follows."""


@dataclass
class BotProcess:
    """`python -m bot run` in this local world; its files are in `folder`.

    It only sees the settings of these worlds: neither the operator's `config.toml` nor their
    environment reaches it.
    """

    discord: LocalDiscord
    kling: LocalKling
    folder: Path
    process: asyncio.subprocess.Process | None = None
    _ended: asyncio.Task[int] | None = None
    _starting: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def running(self) -> bool:
        """Whether there is a process that has not ended."""
        return self.process is not None and self.process.returncode is None

    async def start_bot(self) -> None:
        """Start the bot, unless it is running, and return once it is connected.

        Raises:
            BotEnded: if it ends instead.
            TimeoutError: if it is not connected within a minute; it keeps trying.
        """
        async with self._starting:
            if not self.running:
                await self._launch()
                await self._connected()

    async def launch_bot(self) -> None:
        """Start the bot, unless it is running, and return once there is a process."""
        async with self._starting:
            if not self.running:
                await self._launch()

    async def _launch(self) -> None:
        gateway = self.discord.gateway
        await self.discord.until(lambda: not gateway.connected, PATIENCE_S)
        with (self.folder / "bot.log").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                # `-P`: a `bot.py` in the current folder is not ours.
                *(sys.executable, "-P", "-m", "bot", "run", "--config", os.devnull),
                stderr=log,
                env=self._environment(),
            )
        self._ended = asyncio.create_task(self.process.wait())
        self._ended.add_done_callback(lambda _: self.discord.store.changed())

    async def _connected(self) -> None:
        gateway = self.discord.gateway
        await self.discord.until(lambda: gateway.connected or not self.running, PATIENCE_S)
        if not self.running:
            raise BotEnded(self.last_words())

    async def kill_bot(self) -> None:
        """Kill the bot by SIGKILL: it can't write or log anything any more."""
        if self.process is not None and self.running:
            self.process.kill()
            await self.process.wait()

    async def stop_bot(self) -> int:
        """Ask the bot to stop and return its exit code."""
        if self.process is None or self.process.returncode is not None:
            return 0 if self.process is None else self.process.returncode or 0
        self.process.terminate()
        async with asyncio.timeout(PATIENCE_S):
            return await self.process.wait()

    def last_words(self, bytes_max: int = LAST_WORDS_BYTES) -> str:
        """Return the end of the bot's log; empty before its first start."""
        log = self.folder / "bot.log"
        if not log.exists():
            return ""
        with log.open("rb") as written:
            written.seek(max(0, log.stat().st_size - bytes_max))
            return written.read().decode(errors="replace")

    def _environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("KLINGBOT_")}
        hosts = [urlsplit(url).netloc for url in (self.discord.cdn_url, self.kling.base_url)]
        paths = [str(ROOT), *kept.get("PYTHONPATH", "").split(os.pathsep)]
        return kept | {
            "PYTHONPATH": os.pathsep.join(path for path in paths if path),
            "KLINGBOT_DISCORD__TOKEN": TOKEN,
            "KLINGBOT_DISCORD__API_URL": self.discord.api_url,
            "KLINGBOT_DISCORD__GATEWAY_URL": self.discord.gateway_url,
            "KLINGBOT_KLING__BASE_URL": self.kling.base_url,
            "KLINGBOT_KLING__API_KEY": self.kling.keys.api_key,
            "KLINGBOT_MEDIA__PRIVATE_HOSTS": f'["{hosts[0]}", "{hosts[1]}"]',
            "KLINGBOT_STORAGE__URL": f"sqlite:///{self.folder}/kling.db",
            "KLINGBOT_WEB__LISTEN": "",
            "KLINGBOT_LOG__FORMAT": "pretty",
            "KLINGBOT_POLL__FIRST_S": POLL_S,
            "KLINGBOT_POLL__INTERVAL_S": POLL_S,
        }
