"""A real HTTP proxy, Debian's tinyproxy, and what it was asked for."""

import contextlib
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.harness.postgres_server import unprivileged

CONFIGURATION = """
Port {port}
Listen 127.0.0.1
Timeout 60
MaxClients 100
LogLevel Info
{login}
"""
LISTENS = b"Accepting connections"


@dataclass(frozen=True)
class Tinyproxy:
    """A proxy that runs."""

    port: int
    log: Path
    user: str = ""
    password: str = ""

    @property
    def url(self) -> str:
        """What the operator writes into the settings."""
        login = f"{self.user}:{self.password}@" if self.user else ""
        return f"http://{login}127.0.0.1:{self.port}"

    def asked(self) -> list[str]:
        """Return the first line of every request, such as `CONNECT localhost:443 HTTP/1.1`."""
        lines = self.log.read_text().splitlines()
        return [line.partition("): ")[2] for line in lines if "Request (file descriptor" in line]


def find_tinyproxy() -> str | None:
    """Return the program."""
    return shutil.which("tinyproxy") or shutil.which("tinyproxy", path="/usr/sbin")


@contextlib.contextmanager
def proxying(program: str, user: str = "", password: str = "") -> Iterator[Tinyproxy]:
    """Run a proxy, with a password or for everybody."""
    with tempfile.TemporaryDirectory(prefix="tinyproxy-") as made:
        place, runs_as = Path(made), unprivileged()
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        login = f"BasicAuth {user} {password}" if user else ""
        settings, log = place / "settings", place / "log"
        settings.write_text(CONFIGURATION.format(port=port, login=login))
        place.chmod(0o755)
        with (
            log.open("wb") as written,
            subprocess.Popen(  # noqa: S603 - the program found above
                [program, "-d", "-c", settings],
                user=runs_as,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            ) as running,
        ):
            assert running.stdout is not None
            try:
                assert any(LISTENS in line for line in iter(running.stdout.readline, b""))
                with subprocess.Popen(["/bin/cat"], stdin=running.stdout, stdout=written):
                    try:
                        yield Tinyproxy(port, log, user, password)
                    finally:
                        running.terminate()  # or the other would wait for it
            finally:
                running.terminate()
