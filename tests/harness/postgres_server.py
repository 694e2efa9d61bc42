"""A private PostgreSQL server for the tests: its own directory, a socket file, no port."""

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]  # it ships no types

PROGRAMS = ("initdb", "pg_ctl", "postgres")
SUPERUSER = "tester"
DATABASE = "postgres"
WHO_IS_LET_IN = f"local all {SUPERUSER} trust\nlocal all all scram-sha-256\n"
"""Anybody but the superuser needs a password."""


def find_programs() -> Path | None:
    """Return the directory that holds the server's programs, the newest where there are several."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    on_path = shutil.which("initdb")
    candidates = [*([Path(on_path).resolve().parent] if on_path else []), *debian]
    return next((d for d in candidates if all((d / name).exists() for name in PROGRAMS)), None)


def _unprivileged() -> str | None:
    """Return the user to run as: the server refuses to run as root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in known)


async def empty_database(socket: Path) -> str:
    """Empty the one database and return its URL: a new one would take 7 MB each time."""
    connection = await asyncpg.connect(host=str(socket), user=SUPERUSER, database=DATABASE)
    try:
        await connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    finally:
        await connection.close()
    return f"postgresql://{SUPERUSER}@/{DATABASE}?host={socket}"


@dataclass(frozen=True)
class Server:
    """A server that runs, and may be killed and started again."""

    programs: Path
    place: Path
    """The directory of its socket, too."""
    user: str | None

    @property
    def _data(self) -> str:
        return str(self.place / "data")

    def make(self) -> None:
        self._run("initdb", "-D", self._data, "-A", "trust", "-U", SUPERUSER, "-N", "-E", "UTF8")
        (self.place / "data" / "pg_hba.conf").write_text(WHO_IS_LET_IN)

    def start(self) -> None:
        options = f"-c listen_addresses='' -c unix_socket_directories={self.place} -c fsync=off"
        log = str(self.place / "log")
        self._run("pg_ctl", "-D", self._data, "-w", "-l", log, "-o", options, "start")

    def kill(self) -> None:
        """End it as a crash would: nothing is said to anybody, nothing is flushed."""
        self._run("pg_ctl", "-D", self._data, "-w", "-m", "immediate", "stop")

    def _run(self, *command: str) -> None:
        done = subprocess.run(  # noqa: S603 - the programs found above, with our own arguments
            [str(self.programs / command[0]), *command[1:]],
            cwd=self.place,
            user=self.user,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        assert done.returncode == 0, f"{command[0]} failed"


@contextlib.contextmanager
def serving(programs: Path) -> Iterator[Server]:
    """Run the server for the block."""
    user = _unprivileged()
    place = Path(tempfile.mkdtemp(prefix="pg-"))
    try:
        if user is not None:
            shutil.chown(place, user)
        server = Server(programs, place, user)
        server.make()
        server.start()
        try:
            yield server
        finally:
            server.kill()
    finally:
        shutil.rmtree(place)
