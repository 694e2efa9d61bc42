"""Private PostgreSQL servers for the tests: a directory of their own, a socket file, no port."""

import asyncio
import contextlib
import fcntl
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import asyncpg  # type: ignore[import-untyped]  # it ships no types

PROGRAMS = ("initdb", "pg_ctl", "postgres")
SUPERUSER = "tester"
CONNECTIONS_MAX = 400
"""Of all the processes of a test run, in place of a hundred."""
WHO_IS_LET_IN = (
    f"local all {SUPERUSER} trust\nlocal replication {SUPERUSER} trust\n"
    "local all all scram-sha-256\n"
)
"""Anybody but the superuser needs a password."""


def find_programs() -> Path | None:
    """Return the directory that holds the server's programs, the newest where there are several."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    on_path = shutil.which("initdb")
    candidates = [*([Path(on_path).resolve().parent] if on_path else []), *debian]
    return next((d for d in candidates if all((d / name).exists() for name in PROGRAMS)), None)


def unprivileged() -> str | None:
    """Return the user to run as: the server refuses to run as root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in known)


@dataclass(frozen=True)
class Database:
    """One database of a server; its user may do everything."""

    socket: Path
    """The directory of the server's socket."""
    name: str = "postgres"

    @property
    def url(self) -> str:
        """How the bot is told of it."""
        return f"postgresql://{SUPERUSER}@/{self.name}?host={self.socket}"

    async def connect(self) -> Any:
        """Return a connection of asyncpg's."""
        return await asyncpg.connect(host=str(self.socket), user=SUPERUSER, database=self.name)

    async def emptied(self) -> str:
        """Empty it and return its URL: making one anew would take 7 MB each time."""
        await self.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        return self.url

    async def execute(self, statements: str) -> None:
        """Run statements that return nothing."""
        connection = await self.connect()
        try:
            await connection.execute(statements)
        finally:
            await connection.close()


@dataclass(frozen=True)
class Server:
    """A server that runs, and may be killed and started again."""

    programs: Path
    place: Path
    """The directory of its socket, too."""
    user: str | None
    listen: str = ""
    """An address at which it can be reached besides, by whoever comes."""
    within: tuple[str, ...] = ()
    """The command by which its programs are started, such as one that enters a namespace."""

    @property
    def database(self) -> Database:
        """The one that every server has."""
        return Database(self.place)

    @property
    def _data(self) -> str:
        return str(self.place / "data")

    def make(self) -> None:
        self._run("initdb", "-D", self._data, "-A", "trust", "-U", SUPERUSER, "-N", "-E", "UTF8")
        by_network = f"host all {SUPERUSER} all trust\n" if self.listen else ""
        (self.place / "data" / "pg_hba.conf").write_text(WHO_IS_LET_IN + by_network)

    def follow(self, primary: "Server") -> None:
        """Make it a copy of another server, which it follows once it is started."""
        come_along = ("-X", "stream", "-c", "fast", "-N", "-R")
        where = ("-h", str(primary.place), "-U", SUPERUSER)
        self._run("pg_basebackup", "-D", self._data, *come_along, *where)

    def promote(self) -> None:
        """Let it take writes; returns once it does."""
        self._run("pg_ctl", "-D", self._data, "-w", "promote")

    def waits_for_standbys(self, *, yes: bool) -> None:
        """Commit only what a standby has, too, from the next start on; or no longer."""
        settings = "synchronous_standby_names = '*'\n" if yes else ""
        (self.place / "data" / "postgresql.auto.conf").write_text(settings)

    def start(self) -> None:
        """Start it."""
        self._begin("start")

    def restart(self) -> None:
        """Stop it, if it runs, and start it."""
        self._begin("restart")

    def _begin(self, how: str) -> None:
        listening = f"-c listen_addresses='{self.listen}'"
        options = f"{listening} -c unix_socket_directories={self.place} -c fsync=off"
        options += f" -c max_connections={CONNECTIONS_MAX}"
        log = str(self.place / "log")
        self._run("pg_ctl", "-D", self._data, "-w", "-l", log, "-o", options, how)

    def kill(self) -> None:
        """End it as a crash would: nothing is said to anybody, nothing is flushed."""
        self._run("pg_ctl", "-D", self._data, "-w", "-m", "immediate", "stop")

    def _run(self, *command: str) -> None:
        done = subprocess.run(  # noqa: S603 - the programs found above, with our own arguments
            [*self.within, str(self.programs / command[0]), *command[1:]],
            cwd=self.place,
            user=None if self.within else self.user,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        assert done.returncode == 0, f"{command[0]} failed"


@contextlib.contextmanager
def serving(programs: Path) -> Iterator[Server]:
    """Run a server for the block."""
    server = started(programs)
    try:
        yield server
    finally:
        ended(server)


def started(programs: Path, listen: str = "", within: tuple[str, ...] = ()) -> Server:
    """Make a server and start it."""
    user = unprivileged()
    place = Path(tempfile.mkdtemp(prefix="pg-"))
    try:
        if user is not None:
            shutil.chown(place, user)
        server = Server(programs, place, user, listen, within)
        server.make()
        server.start()
    except BaseException:
        shutil.rmtree(place)
        raise
    return server


def ended(server: Server) -> None:
    """End a server and forget all that it held."""
    try:
        server.kill()
    finally:
        shutil.rmtree(server.place)


@contextlib.contextmanager
def sharing(programs: Path, meeting: Path, name: str) -> Iterator[Database]:
    """Give a database of this name on the one server of all processes that come to `meeting`.

    The first to come starts it, the last to go ends it.
    """
    there = meeting / "server"
    with (meeting / "users").open("w") as users:
        with _alone(meeting):
            fcntl.flock(users, fcntl.LOCK_SH)
            if not there.exists():
                there.write_text(str(started(programs).place))
        server = Server(programs, Path(there.read_text()), unprivileged())
        try:
            asyncio.run(server.database.execute(f"CREATE DATABASE {name}"))
            yield Database(server.place, name)
        finally:
            with _alone(meeting):
                if _is_last(users):
                    there.unlink()
                    ended(server)


@contextlib.contextmanager
def _alone(meeting: Path) -> Iterator[None]:
    with (meeting / "gate").open("w") as gate:
        fcntl.flock(gate, fcntl.LOCK_EX)
        yield


def _is_last(users: IO[str]) -> bool:
    """Tell whether nobody else uses the server; whoever died does not."""
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
