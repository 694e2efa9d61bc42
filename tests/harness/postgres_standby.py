"""A standby that follows a PostgreSQL server of the tests, and takes its place when that dies."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.harness.postgres_server import SUPERUSER, Server, ended


@contextlib.contextmanager
def standby_of(primary: Server) -> Iterator[Server]:
    """Run a standby that has everything that the primary has committed, until it is promoted.

    The primary may die; afterwards it runs again, on its own.
    """
    place = Path(tempfile.mkdtemp(prefix="pg-"))
    standby = Server(primary.programs, place, primary.user)
    try:
        if primary.user is not None:
            shutil.chown(place, primary.user)
        standby.follow(primary)
        primary.waits_for_standbys(yes=True)
        primary.restart()
        standby.start()
        yield standby
    finally:
        ended(standby)
        primary.waits_for_standbys(yes=False)
        primary.restart()


def url_of_both(primary: Server, standby: Server) -> str:
    """Return the URL that leads to whichever of them takes writes; the standby is tried first."""
    hosts = f"{standby.place},{primary.place}"
    name = primary.database.name
    return f"postgresql://{SUPERUSER}@/{name}?host={hosts}&target_session_attrs=read-write"
