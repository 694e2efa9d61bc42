"""`python -m tests.commands.image`: builds the container image, and tries the bot in it.

Needs root, debootstrap, buildah, podman and runc from Debian, and a mirror of Debian. The base
image is built with debootstrap, so nothing is pulled; its Python is Debian's, of the Dockerfile's
version. Without them it says so and ends with 0. The bot in the container has a read-only
root and one volume, and speaks to the local Discord and the local Kling. A check fails with 1.
"""

import argparse
import asyncio
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sandbox.discord import Interaction
from sandbox.kling import Script
from tests.harness.opening import open_town
from tests.harness.town import Town, png

ROOT: Final = Path(__file__).parents[2]
NEEDED: Final = ("debootstrap", "buildah", "podman", "runc")
SUITE: Final = "trixie"
PYTHON: Final = "3.13-slim-trixie"
BASE: Final = f"localhost/python:{PYTHON}"
IMAGE: Final = "localhost/kling-discord:tried"
VOLUME: Final = "kling-discord-tried"
CA: Final = "/etc/ssl/certs/ca-certificates.crt"
OTHER_USER: Final = "10001"
PORT: Final = 18_080
STOP_S: Final = 20
"""As `stop_grace_period` in `compose.yaml`."""
LOG_SHOWN: Final = 5_000
"""Characters of the log, where something was wrong."""
GRACE_S: Final = 8 + 2
"""`shutdown.grace_s`, and the two seconds of the contract."""
READY_S: Final = 60.0
"""As `start-period` of the health check."""
TAKES_S: Final = 3_600.0
TMPFS: Final = "/tmp:size=2g,mode=1777"  # noqa: S108 - the container's
# As in `compose.yaml`. The limits are ours where podman may not raise them, as in a container.
HARDENED: Final = (
    *("--read-only", "--tmpfs", TMPFS, "--cap-drop", "ALL"),
    *("--security-opt", "no-new-privileges", "--network", "host", "--no-healthcheck"),
    *("--ulimit", "nofile=4096:4096", "--ulimit", "nproc=4096:4096"),
)


def say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def podman(*words: str) -> subprocess.CompletedProcess[str]:
    command = ["podman", "--runtime", "runc", *words]
    return subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 - fixed words


def run(*words: str) -> None:
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - as above


@contextlib.contextmanager
def timed(what: str) -> Iterator[None]:
    began = time.monotonic()
    yield
    say(f"{what}: {time.monotonic() - began:.0f} s")


def make_base() -> None:
    """Make what stands for the base image, if there is none yet."""
    if podman("image", "exists", BASE).returncode == 0:
        return
    with tempfile.TemporaryDirectory() as made:
        run("debootstrap", "--variant=minbase", SUITE, made)
        packages = ("python3", "python3-venv", "python-is-python3", "ca-certificates")
        run("chroot", made, "apt-get", "install", "-qy", "--no-install-recommends", *packages)
        tar = Path(made).with_suffix(".tar")
        try:
            run("tar", "-C", made, "-cf", str(tar), ".")
            run("podman", "import", "-q", str(tar), BASE)
        finally:
            tar.unlink(missing_ok=True)


def build() -> None:
    """Build the image by the Dockerfile, as it stands."""
    trusted = ("--volume", f"{CA}:{CA}:ro")  # of the machine, whose mirror may have its own
    how = ("--format", "docker", "--isolation", "chroot", "--network", "host", "--pull-never")
    run("buildah", "build", "-q", *how, *trusted, "-t", IMAGE, str(ROOT))


@dataclass
class Container:
    """The bot of a town in a container, as often as it is started."""

    town: Town
    settings: Path
    id: str = ""

    async def start(self) -> None:
        before = self.town.discord.gateway.identifies
        volume = f"{VOLUME}:/srv/kling/data"
        words = ("run", "-d", *HARDENED, "--env-file", str(self.settings), "--volume", volume)
        ran = await asyncio.to_thread(podman, *words, IMAGE)
        assert ran.returncode == 0, ran.stderr
        self.id = ran.stdout.strip()
        gateway = self.town.discord.gateway
        await self.town.discord.until(lambda: gateway.connected and gateway.identifies > before)

    async def does(self, *command: str) -> tuple[int, str]:
        """Run a command in it."""
        ran = await asyncio.to_thread(podman, "exec", self.id, *command)
        return ran.returncode, ran.stdout + ran.stderr

    async def stop(self) -> tuple[str, float]:
        """Stop it as `docker compose stop` does; return its exit code and how long it took."""
        began = time.monotonic()
        await asyncio.to_thread(podman, "stop", "-t", str(STOP_S), self.id)
        took_s = time.monotonic() - began
        ended = await asyncio.to_thread(podman, "inspect", "-f", "{{.State.ExitCode}}", self.id)
        return ended.stdout.strip(), took_s


@contextlib.asynccontextmanager
async def opened(place: Path) -> AsyncIterator[Container]:
    """Open the local worlds with a container for their bot; the volume is new."""
    env = {"KLINGBOT_WEB__LISTEN": f"127.0.0.1:{PORT}"}
    podman("volume", "rm", "-f", VOLUME)
    async with open_town(place, env=env) as town:
        del town.env["KLINGBOT_STORAGE__URL"]  # as shipped: a file in the volume
        settings = place / "env"
        settings.write_text("".join(f"{name}={value}\n" for name, value in town.env.items()))
        bot = Container(town, settings)
        try:
            await bot.start()
            yield bot
        except BaseException:
            say(podman("logs", bot.id).stderr[-LOG_SHOWN:])
            raise
        finally:
            podman("rm", "-f", bot.id)
            podman("volume", "rm", "-f", VOLUME)


async def asked(town: Town, command: str, **options: object) -> Interaction:
    """Use a command, and return it once there is a card."""
    using = await town.discord.slash(town.member, town.channel, command, dict(options))
    answer = await using.answered()
    assert not answer.ephemeral, town.card_of(answer).content
    return answer


async def ready(bot: Container) -> None:
    """Return once the health check of the image passes."""
    async with asyncio.timeout(READY_S):
        while (await bot.does("python", "-m", "bot.web.probe"))[0]:  # noqa: ASYNC110 - another process
            await asyncio.sleep(1)


async def tried(place: Path) -> None:
    """Go through a day of the operator's; raises `AssertionError` where something is wrong."""
    async with opened(place) as bot:
        town = bot.town
        await ready(bot)
        say("healthy: /readyz answers the health check")
        assert (await bot.does("id", "-u"))[1].strip() == OTHER_USER
        for path in ("/srv/kling/x", "/opt/kling/app/x", "/etc/x"):
            code, said = await bot.does("touch", path)
            assert code, f"{path}: {said}"
        assert (await bot.does("touch", "/srv/kling/data/x"))[0] == 0
        say(f"user {OTHER_USER}, read-only but for the volume and /tmp")
        first = await asked(town, "image", prompt="a fox", image=png())
        await town.card_says(first, "✅")
        assert len(await town.posted()) == 1
        say("an image with an attachment came")
        code, said = await bot.does("python", "-m", "bot", "backup", "data/backup.db")
        assert code == 0, said
        say("a backup was made while it ran")
        town.kling.script(Script(takes_s=TAKES_S))
        second = await asked(town, "video", prompt="a long take")
        await town.card_says(second, "🎬")
        ended, took_s = await bot.stop()
        assert (ended, took_s < GRACE_S) == ("0", True), (ended, took_s)
        say(f"stopped in {took_s:.1f} s with exit code {ended}, while a video was running")
        town.kling.finish(town.kling.creates[-1])
        await bot.start()
        await town.card_says(second, "✅")
        assert len(await town.posted(2)) == 2
        say("started anew: the video came, once")
        ended, _ = await bot.stop()
        assert ended == "0"


def main() -> int:
    """Build, try, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.commands.image", description=__doc__)
    parser.parse_args()
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if missing or os.geteuid() != 0:
        why = f"missing: {', '.join(missing)} (Debian: apt install)" if missing else "needs root"
        say(f"image: skipped, {why}")
        return 0
    os.environ.setdefault("STORAGE_DRIVER", "vfs")  # overlays on overlays are not to be had
    with timed("base image"):
        make_base()
    with timed("image"):
        build()
    with timed("tried"), tempfile.TemporaryDirectory(prefix="kling-image-") as made:
        asyncio.run(tried(Path(made)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
