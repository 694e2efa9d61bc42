"""`python -m tests.commands.image`: builds the container image, and tries the bot in it.

Needs root, debootstrap, buildah, podman and runc from Debian, and a mirror of Debian; with
`--arch arm64` on another processor qemu-user-static too. The base image is built with debootstrap,
so nothing is pulled. Without them it says so and ends with 0. The bot in the container has a
read-only root and one volume, and speaks to the local Discord and the local Kling. A check fails
with 1.
"""

import argparse
import asyncio
import contextlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sandbox.discord import Interaction
from sandbox.kling import Script
from tests.commands.image_base import HOST, make_base, missing_for, podman, run, runnable, tag
from tests.harness.opening import open_town
from tests.harness.town import Town, png

ROOT: Final = Path(__file__).parents[2]
NEEDED: Final = ("debootstrap", "buildah", "podman", "runc")
IMAGE: Final = "localhost/kling-discord:tried"
VOLUME: Final = "kling-discord-tried"
CA: Final = "/etc/ssl/certs/ca-certificates.crt"
OTHER_USER: Final = "10001"
PORT: Final = 18_080
STOP_S: Final = 20
"""As `stop_grace_period` in `compose.yaml`."""
LOG_SHOWN: Final = 20_000
"""Characters of the log, where something was wrong."""
GRACE_S: Final = 8 + 2
"""`shutdown.grace_s`, and the two seconds of the contract."""
READY_S: Final = 60.0
"""As `start-period` of the health check."""
EMULATED: Final = 20.0
"""How much longer everything may take where the processor is emulated."""
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


@contextlib.contextmanager
def timed(what: str) -> Iterator[None]:
    began = time.monotonic()
    yield
    say(f"{what}: {time.monotonic() - began:.0f} s")


def build(arch: str, *, postgresql_client: bool = False) -> None:
    """Build the image by the Dockerfile, as it stands."""
    trusted = ("--volume", f"{CA}:{CA}:ro")  # of the machine, whose mirror may have its own
    how = ("--format", "docker", "--isolation", "chroot", "--network", "host", "--pull-never")
    what = ("--arch", arch, "--build-arg", f"PYTHON={tag(arch)}", "-t", f"{IMAGE}-{arch}")
    client = ("--build-arg", "POSTGRESQL_CLIENT=postgresql") if postgresql_client else ()
    run("buildah", "build", "-q", *how, *trusted, *what, *client, str(ROOT))


@dataclass
class Container:
    """The bot of a town in a container, as often as it is started."""

    town: Town
    settings: Path
    arch: str
    id: str = ""

    @property
    def patience(self) -> float:
        """How much longer than on a processor of its own everything may take."""
        return 1.0 if self.arch == HOST else EMULATED

    async def start(self) -> None:
        before = self.town.discord.gateway.identifies
        volume = f"{VOLUME}:/srv/kling/data"
        words = ("run", "-d", *HARDENED, "--env-file", str(self.settings), "--volume", volume)
        ran = await asyncio.to_thread(podman, *words, f"{IMAGE}-{self.arch}")
        assert ran.returncode == 0, ran.stderr
        self.id = ran.stdout.strip()
        gateway = self.town.discord.gateway
        await self.town.discord.until(
            lambda: gateway.connected and gateway.identifies > before, READY_S * self.patience
        )

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
async def opened(place: Path, arch: str) -> AsyncIterator[Container]:
    """Open the local worlds with a container for their bot; the volume is new."""
    env = {"KLINGBOT_WEB__LISTEN": f"127.0.0.1:{PORT}"}
    podman("volume", "rm", "-f", VOLUME)
    async with open_town(place, env=env) as town:
        del town.env["KLINGBOT_STORAGE__URL"]  # as shipped: a file in the volume
        settings = place / "env"
        settings.write_text("".join(f"{name}={value}\n" for name, value in town.env.items()))
        bot = Container(town, settings, arch)
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
    async with asyncio.timeout(READY_S * bot.patience):
        while (await bot.does("python", "-m", "bot.web.probe"))[0]:  # noqa: ASYNC110 - another process
            await asyncio.sleep(1)


async def tried(place: Path, arch: str) -> None:
    """Go through a day of the operator's; raises `AssertionError` where something is wrong."""
    async with opened(place, arch) as bot:
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
    parser.add_argument("--arch", choices=["amd64", "arm64"], default=HOST, help="the processor")
    arch: str = parser.parse_args().arch
    missing = [name for name in NEEDED if shutil.which(name) is None] + missing_for(arch)
    if missing or os.geteuid() != 0:
        why = f"missing: {', '.join(missing)} (Debian: apt install)" if missing else "needs root"
        say(f"image: skipped, {why}")
        return 0
    os.environ.setdefault("STORAGE_DRIVER", "vfs")  # overlays on overlays are not to be had
    with runnable(arch):
        with timed("base image"):
            make_base(arch)
        with timed("image"):
            build(arch)
        with timed("tried"), tempfile.TemporaryDirectory(prefix="kling-image-") as made:
            asyncio.run(tried(Path(made), arch))
    return 0


if __name__ == "__main__":
    sys.exit(main())
