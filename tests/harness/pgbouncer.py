"""A real PgBouncer in transaction mode in front of a server of the tests."""

import contextlib
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from tests.harness.postgres_server import SUPERUSER, Database, unprivileged

PORT = 6432
"""Only part of the socket's name: nothing listens on the network."""
CONFIGURATION = """
[databases]
* = host={server} user={user}
[pgbouncer]
listen_addr =
listen_port = {port}
unix_socket_dir = {place}
auth_type = any
pool_mode = transaction
default_pool_size = {connections}
log_connections = 0
log_disconnections = 0
"""
LISTENS = b"process up"


def find_pgbouncer() -> Path | None:
    """Return the program, which Debian keeps where ordinary users do not look."""
    found = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
    return Path(found) if found else None


@contextlib.contextmanager
def pooling(program: Path, database: Database, connections: int) -> Iterator[str]:
    """Yield the URL of the database behind a pool of so many connections."""
    with tempfile.TemporaryDirectory(prefix="pgbouncer-") as made:
        place, user = Path(made), unprivileged()
        settings = place / "pgbouncer.ini"
        settings.write_text(
            CONFIGURATION.format(
                server=database.socket,
                user=SUPERUSER,
                port=PORT,
                place=place,
                connections=connections,
            )
        )
        if user is not None:
            shutil.chown(place, user)
            settings.chmod(0o644)
            place.chmod(0o755)
        with subprocess.Popen(  # noqa: S603 - the program found above
            [program, settings],
            user=user,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        ) as running:
            try:
                assert running.stderr is not None
                said = list(_until_it_listens(running.stderr))
                assert any(LISTENS in line for line in said), said
                yield f"postgresql://{SUPERUSER}@/{database.name}?host={place}&port={PORT}"
            finally:
                running.terminate()


def _until_it_listens(log: IO[bytes]) -> Iterator[bytes]:
    for line in log:
        yield line
        if LISTENS in line:
            return
