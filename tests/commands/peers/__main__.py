"""The local Discord, used by libraries that have nothing to do with ours: `make peers`.

Installs pinned releases from the package registries into a temporary folder, and lets a bot of each
log in, register a command, post a file, edit the message, and answer the command and the button.
Ends with 1 if one of them can't; a library that can't be installed here is named and skipped.
"""

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from sandbox.clock import SystemClock
from sandbox.discord import LocalDiscord

HERE: Final = Path(__file__).parent
DISCORD_JS: Final = "discord.js@14.28.1"
HIKARI: Final = "hikari==2.7.0"
INSTALL_S: Final = 300.0
STEP_S: Final = 30.0


class CannotInstall(Exception):
    """This machine lacks what the library needs, or can't reach its registry."""


def discord_js(folder: Path) -> Sequence[str]:
    """Install discord.js and return the command that runs its bot."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise CannotInstall("Node.js and npm are missing: apt install nodejs npm")
    _run(npm, "install", "--prefix", str(folder), "--no-audit", "--no-fund", DISCORD_JS)
    script = shutil.copy(HERE / "discord_js.mjs", folder)
    return node, str(script)


def hikari(folder: Path) -> Sequence[str]:
    """Install hikari and return the command that runs its bot."""
    _run(sys.executable, "-m", "venv", str(folder))
    python = str(folder / "bin" / "python")
    _run(python, "-m", "pip", "install", "-q", "--disable-pip-version-check", HIKARI)
    return python, str(HERE / "hikari_bot.py")


PEERS: Final[dict[str, Callable[[Path], Sequence[str]]]] = {
    DISCORD_JS: discord_js,
    HIKARI: hikari,
}


def main() -> int:
    """Try every library, tell, and return the exit code."""
    failed = False
    for name, install in PEERS.items():
        with tempfile.TemporaryDirectory() as folder:
            try:
                command = install(Path(folder))
            except CannotInstall as reason:
                told = f"skipped: {reason}"
            else:
                told = asyncio.run(play(command))
                failed |= told != WELL
        sys.stdout.write(f"{name}: {told}\n")
    return int(failed)


WELL: Final = "logs in, registers, posts a file, edits, answers a command and a button"


async def play(command: Sequence[str]) -> str:
    """Return how it went with the bot of this command, `WELL` if it did everything."""
    async with LocalDiscord(SystemClock()) as world:
        channel = world.add_channel(world.add_guild("Peers"), "general")
        member = world.add_user("mia")
        where = {"API_ROOT": f"{world.url}/api", "TOKEN": world.token, "CHANNEL": str(channel.id)}
        bot = await asyncio.create_subprocess_exec(*command, env=os.environ | where)
        step = "posts and edits"
        try:
            await world.until(lambda: any(m.edited_at for m in world.messages(channel)), STEP_S)
            [post] = world.messages(channel)
            if (post.content, [file.data for file in post.attachments]) != ("edited", [b"bytes"]):
                return "failed: the message or its file is another"
            step = "registers and answers a command"
            asked = await world.slash(member, channel, "ping")
            await asked.answered(STEP_S)
            step = "answers a button"
            pressed = await world.click(member, post, "press")
            await pressed.answered(STEP_S)
            step = "ends"
            await asyncio.wait_for(bot.wait(), STEP_S)
        except Exception as failure:  # noqa: BLE001 - whatever it is, the next one is tried
            return f"failed: {step} ({type(failure).__name__} {failure})"
        finally:
            if bot.returncode is None:
                bot.kill()
                await bot.wait()
        said = asked.message.content if asked.message else None
        if (said, post.content, world.unknown_routes) != ("pong", "pressed", []):
            return f"failed: {said}, {post.content}, {world.unknown_routes}"
    return WELL


def _run(*command: str) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=INSTALL_S)  # noqa: S603 - fixed commands
    except subprocess.CalledProcessError as failed:
        last = failed.stderr.strip().splitlines()[-1:] or ["no reason"]
        raise CannotInstall(last[0]) from failed
    except subprocess.TimeoutExpired as slow:
        raise CannotInstall("its registry does not answer") from slow


if __name__ == "__main__":
    sys.exit(main())
