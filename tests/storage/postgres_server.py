"""A private PostgreSQL server for the tests: its own directory, a socket file, no port."""

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]  # it ships no types

PROGRAMS = ("initdb", "pg_ctl", "postgres")
SUPERUSER = "tester"
DATABASE = "postgres"


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
    """Empty the one database and return its URL: making one anew would take 7 MB each time."""
    connection = await asyncpg.connect(host=str(socket), user=SUPERUSER, database=DATABASE)
    try:
        await connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    finally:
        await connection.close()
    return f"postgresql://{SUPERUSER}@/{DATABASE}?host={socket}"


@contextlib.contextmanager
def serving(programs: Path) -> Iterator[Path]:
    """Run the server for the block and give the directory of its socket."""
    user = _unprivileged()
    place = Path(tempfile.mkdtemp(prefix="pg-"))
    try:
        if user is not None:
            shutil.chown(place, user)
        data = place / "data"

        def run(*command: str) -> None:
            done = subprocess.run(  # noqa: S603 - the programs found above, with our own arguments
                [str(programs / command[0]), *command[1:]],
                cwd=place,
                user=user,
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            assert done.returncode == 0, f"{command[0]} failed"

        run("initdb", "-D", str(data), "-A", "trust", "-U", SUPERUSER, "-N", "-E", "UTF8")
        options = f"-c listen_addresses='' -c unix_socket_directories={place} -c fsync=off"
        run("pg_ctl", "-D", str(data), "-w", "-l", str(place / "log"), "-o", options, "start")
        try:
            yield place
        finally:
            run("pg_ctl", "-D", str(data), "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(place)
