"""`python -m tests.commands.compose`: brings `compose.yaml` up, both ways, and takes it down again.

Needs root, what `tests.commands.image` needs, Docker's engine (Debian: docker.io) and Compose 2
(Debian: docker-compose, from trixie on). An engine of its own is started in a temporary folder; as
Docker does, it leaves `docker0` and its rules of iptables behind.
The image of PostgreSQL is made from Debian's package, because nothing is pulled. Without them it
says so and ends with 0. The containers speak to the local Discord and the local Kling. A check
fails with 1.
"""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sandbox.kling import Script
from tests.commands.image import IMAGE, LOG_SHOWN, NEEDED, ROOT, TAKES_S, asked, build, say, timed
from tests.commands.image_base import HOST, make_base, podman, run, tag
from tests.harness.into_netns import lent
from tests.harness.opening import open_town
from tests.harness.town import Town

OURS: Final = "kling-discord:local"
POSTGRES: Final = "postgres:17-trixie"
PASSWORD: Final = "of-this-trial"
ENGINE_S: Final = 60.0
END_S: Final = 60.0
"""How long the engine may take to stop its containers."""
HEALTHY_S: Final = 300.0
"""A check a minute, as the image says, and the start of PostgreSQL."""
LOOK_S: Final = 1.0
BOT_ONLY: Final = {"bot": 1}
WITH_POSTGRESQL: Final = {"bot": 1, "worker": 2, "postgres": 1}

POSTGRES_FILE: Final = f"""
FROM python:{tag(HOST)}
RUN apt-get update && apt-get install -y --no-install-recommends postgresql-17
COPY start /usr/local/bin/start
ENV PATH=/usr/lib/postgresql/17/bin:$PATH PGDATA=/var/lib/postgresql/data
VOLUME /var/lib/postgresql/data
ENTRYPOINT ["/bin/sh", "/usr/local/bin/start"]
"""
POSTGRES_START: Final = """
set -e
as() { setpriv --reuid postgres --regid postgres --clear-groups "$@"; }
install -d -o postgres -g postgres -m 0700 "$PGDATA" /run/postgresql
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    printf %s "$POSTGRES_PASSWORD" > /run/postgresql/word
    chown postgres /run/postgresql/word
    as initdb -U "$POSTGRES_USER" --pwfile=/run/postgresql/word --auth-local=trust \
        --auth-host=scram-sha-256 > /dev/null
    rm /run/postgresql/word
    echo 'host all all all scram-sha-256' >> "$PGDATA/pg_hba.conf"
    as pg_ctl -w -o "-c listen_addresses=''" start > /dev/null
    [ "$POSTGRES_DB" = postgres ] || as createdb -U "$POSTGRES_USER" "$POSTGRES_DB"
    as pg_ctl -w stop > /dev/null
fi
exec setpriv --reuid postgres --regid postgres --clear-groups postgres -c listen_addresses='*'
"""
"""As the official image: a new folder gets this user, this password and this database."""


def compose_program() -> list[str]:
    """Return how Compose 2 is started here; nothing if it isn't installed."""
    for folder in ("/usr/libexec/docker/cli-plugins", "/usr/lib/docker/cli-plugins"):
        if (Path(folder) / "docker-compose").exists():
            return [f"{folder}/docker-compose"]
    found = shutil.which("docker-compose")
    return [found] if found else []


def docker(url: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run docker, whatever comes of it."""
    command = ["docker", "-H", url, *words]
    return subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 - fixed words


@contextlib.contextmanager
def engine(place: Path) -> Iterator[str]:
    """Run Docker's engine for the block, with everything of it in this folder; yield its URL."""
    url = f"unix://{place}/socket"
    words = ("-H", url, "--data-root", str(place / "data"), "--exec-root", str(place / "exec"))
    more = ("--pidfile", str(place / "pid"), "--exec-opt", "native.cgroupdriver=cgroupfs")
    log = (place / "log").open("ab")
    process = subprocess.Popen(["dockerd", *words, *more], stdout=log, stderr=log)  # noqa: S603, S607 - fixed words
    try:
        until = time.monotonic() + ENGINE_S
        while docker(url, "info").returncode:
            assert time.monotonic() < until, (place / "log").read_text()
            time.sleep(LOOK_S)
        yield url
    finally:
        end(process, END_S)
        log.close()


def end(process: subprocess.Popen[bytes], within_s: float) -> None:
    """Have a process end by itself; one that has not by then is killed."""
    process.terminate()
    try:
        process.wait(within_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def make_images(url: str) -> None:
    """Give the engine both images under the names of `compose.yaml`."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        (folder / "Dockerfile").write_text(POSTGRES_FILE)
        (folder / "start").write_text(POSTGRES_START)
        how = ("--format", "docker", "--isolation", "chroot", "--network", "host", "--pull-never")
        run("buildah", "build", "-q", *how, "-t", f"localhost/{POSTGRES}", made)
        for name, wanted in ((f"{IMAGE}-{HOST}", OURS), (f"localhost/{POSTGRES}", POSTGRES)):
            tar = str(folder / "image.tar")
            saved = podman("save", "-q", "-o", tar, name)
            assert saved.returncode == 0, saved.stderr
            run("docker", "-H", url, "load", "-q", "-i", tar)
            run("docker", "-H", url, "tag", name, wanted)
            Path(tar).unlink()


@dataclass
class Project:
    """A folder with `compose.yaml`, as an operator has it, and its containers."""

    town: Town
    folder: Path
    url: str
    services: dict[str, int]

    async def compose(self, *words: str) -> str:
        """Run Compose in the folder; return what it says. Raises `AssertionError`."""
        process = await asyncio.create_subprocess_exec(
            *compose_program(),
            *words,
            cwd=self.folder,
            env={**os.environ, "DOCKER_HOST": self.url},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()
        assert process.returncode == 0, (words, out.decode()[-2000:], err.decode()[-4000:])
        return out.decode()

    async def containers(self) -> list[dict[str, Any]]:
        """Return what `docker compose ps` shows."""
        said = await self.compose("ps", "--format", "json")
        return [json.loads(line) for line in said.splitlines()]

    async def healthy(self) -> None:
        """Return once `docker compose ps` shows every container as healthy."""
        async with asyncio.timeout(HEALTHY_S):
            while True:
                shown = [(one["Service"], one["Health"]) for one in await self.containers()]
                if sorted(shown) == sorted(
                    (name, "healthy") for name, count in self.services.items() for _ in range(count)
                ):
                    return
                await asyncio.sleep(LOOK_S)

    def main_process(self, container: str) -> int:
        """Return the number of a container's process on this machine; 0 if it isn't running."""
        shown = docker(self.url, "inspect", "-f", "{{.State.Pid}}", container)
        return int(shown.stdout.strip() or 0)


@contextlib.asynccontextmanager
async def project(place: Path, url: str, services: dict[str, int]) -> AsyncIterator[Project]:
    """Open the local worlds with a project whose containers reach them; nothing is up yet."""
    async with open_town(place) as town:
        env = {**town.env, "KLINGBOT_STORAGE__URL": "", "KLINGBOT_WEB__LISTEN": ""}
        lines = [f"{name}='{value}'" for name, value in env.items() if value]
        if "postgres" in services:
            lines += ["COMPOSE_PROFILES=postgresql", f"POSTGRES_PASSWORD={PASSWORD}"]
            lines += [f"KLINGBOT_STORAGE__URL=postgresql://kling:{PASSWORD}@postgres/kling"]
        folder = place / "kling-discord"
        folder.mkdir()
        for name in ("compose.yaml", "config.toml"):
            shutil.copy(ROOT / name, folder)
        (folder / ".env").write_text("\n".join(lines) + "\n")
        ours = Project(town, folder, url, services)

        async def pids() -> list[int]:
            try:
                all_ = await ours.containers()
            except AssertionError:  # of one that was removed just now
                return []
            shown = [one["ID"] for one in all_ if one["Service"] in {"bot", "worker"}]
            return [await asyncio.to_thread(ours.main_process, id_) for id_ in shown]

        ports = {int(part) for part in town_ports(town)}
        lending = asyncio.create_task(lent(pids, ports, LOOK_S))
        try:
            yield ours
        except BaseException:
            with contextlib.suppress(AssertionError):
                say((await ours.compose("logs", "--no-color", "--tail", "40"))[-LOG_SHOWN:])
            if lending.done():
                lending.result()
            raise
        finally:
            lending.cancel()
            await asyncio.wait({lending})
            await ours.compose("down", "-v", "--timeout", "20")


def town_ports(town: Town) -> Iterator[int]:
    """Yield the ports of the local worlds."""
    for url in (town.discord.api_url, town.discord.gateway_url, town.discord.cdn_url):
        yield int(url.split("/")[2].rpartition(":")[2])
    yield int(town.kling.base_url.rpartition(":")[2])


async def tried(place: Path, url: str, services: dict[str, int]) -> None:
    """Go through an operator's first day; raises `AssertionError` where something is wrong."""
    async with project(place, url, services) as ours:
        town = ours.town
        await ours.compose("up", "-d", "--no-build")
        await ours.healthy()
        say(f"up and healthy: {', '.join(f'{count} {name}' for name, count in services.items())}")
        first = await asked(town, "image", prompt="a fox")
        await town.card_says(first, "✅")
        assert len(await town.posted()) == 1
        said = await ours.compose("exec", "-T", "bot", "python", "-m", "bot", "backup", "data/b")
        assert "Copied to data/b" in said
        say("a job came, and `docker compose exec bot python -m bot backup` made a copy")
        town.kling.script(Script(takes_s=TAKES_S))
        second = await asked(town, "video", prompt="a long take")
        await town.card_says(second, "🎬")
        await ours.compose("down")
        assert await ours.containers() == []
        town.kling.finish(town.kling.creates[-1])
        await ours.compose("up", "-d", "--no-build")
        await town.card_says(second, "✅")
        assert len(await town.posted(2)) == 2
        say("down, and up again: the volume was there, and the video that ran came, once")
        at_work = [name for name in services if name in {"bot", "worker"}]
        await ours.compose("stop", *at_work)
        await ours.compose("run", "--rm", "-T", "bot", "restore", "data/b")
        await ours.compose("start", *at_work)
        await ours.healthy()
        say("the copy was restored as docs/operating.md says")
        [bot] = [one for one in await ours.containers() if one["Service"] == "bot"]
        os.kill(await asyncio.to_thread(ours.main_process, bot["ID"]), signal.SIGKILL)
        await ours.healthy()
        third = await asked(town, "image", prompt="an owl")
        await town.card_says(third, "✅")
        say("killed: it was started again, and works")


def main() -> int:
    """Build the images, try both ways, and return the exit code."""
    missing = [name for name in (*NEEDED, "dockerd", "docker") if shutil.which(name) is None]
    missing += [] if compose_program() else ["docker-compose"]
    if missing or os.geteuid() != 0:
        say(f"compose: skipped, {f'missing: {missing}' if missing else 'needs root'}")
        return 0
    os.environ.setdefault("STORAGE_DRIVER", "vfs")  # as in `tests.commands.image`
    with timed("images"), tempfile.TemporaryDirectory(prefix="kling-engine-") as made:
        make_base(HOST)
        build(HOST, postgresql_client=True)
        with engine(Path(made)) as url:
            make_images(url)
            for services in (BOT_ONLY, WITH_POSTGRESQL):
                with timed("tried"), tempfile.TemporaryDirectory(prefix="kling-compose-") as place:
                    asyncio.run(tried(Path(place), url, services))
    return 0


if __name__ == "__main__":
    sys.exit(main())
