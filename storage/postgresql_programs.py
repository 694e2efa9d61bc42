"""PostgreSQL's own programs, told by the environment which database is meant.

No password is in an argument, where every user of the machine could read it.
"""

import asyncio
import errno
import os
import re
import shutil
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping
from typing import Final

from storage.address import PostgresqlAddress
from storage.errors import CopyUnusable, StorageUnavailable

_COMPLAINT_CHARACTERS_MAX: Final = 500
_NO_SPACE: Final = os.strerror(errno.ENOSPC)
_LOCKED: Final = "due to lock timeout"
"""How PostgreSQL's complaint ends where a table was in use for too long."""
_NOT_CONNECTED: Final = re.compile(
    "connection to server .* failed|could not (connect to server|translate host name)"
)
"""How libpq's complaint begins where it gets no connection: since version 14, and before."""
_LIBPQ: Final[Mapping[str, str]] = {
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "sslcrl": "PGSSLCRL",
    "passfile": "PGPASSFILE",
    "target_session_attrs": "PGTARGETSESSIONATTRS",
}
"""Options of the URL, as PostgreSQL's programs read them from the environment."""


class ProgramMissing(StorageUnavailable):
    """A program of PostgreSQL is not installed."""

    def __init__(self, program: str) -> None:
        super().__init__(
            "cannot_open",
            f"{program} is not installed (Debian: apt install postgresql-client); "
            "or use the backups of your database's provider",
        )


async def begin(
    address: PostgresqlAddress,
    program: str,
    *arguments: str,
    stdin: int = DEVNULL,
    stdout: int = PIPE,
) -> Process:
    """Start a program of PostgreSQL; raises `StorageUnavailable`."""
    found = shutil.which(program)
    if found is None:
        raise ProgramMissing(program)
    try:
        return await asyncio.create_subprocess_exec(
            found,
            *arguments,
            env={**os.environ, **_environment(address), "LC_ALL": "C"},  # for its complaints
            stdin=stdin,
            stdout=stdout,
            stderr=PIPE,
        )
    except OSError as error:
        raise StorageUnavailable.because(error, found) from None


async def run(address: PostgresqlAddress, program: str, *arguments: str, written: bool) -> str:
    """Return what it prints. What it complains of is the copy, except where no server answers."""
    running = await begin(address, program, *arguments)
    out, err = await running.communicate()
    if running.returncode:
        raise complaint(address, program, err, written=written)
    return out.decode(errors="replace")


def complaint(
    address: PostgresqlAddress, program: str, err: bytes, *, written: bool
) -> StorageUnavailable:
    """Return what a program's last words mean: of the copy, or of the server."""
    said = err.decode(errors="replace").strip()
    for secret in address.secrets:
        said = said.replace(secret, "***")
    reason = "full" if _NO_SPACE in said else "cannot_open"
    detail = f"{program}: {said[:_COMPLAINT_CHARACTERS_MAX]}"
    if _LOCKED in said:
        return StorageUnavailable("held", detail)
    if _NOT_CONNECTED.search(said):
        return StorageUnavailable(reason, detail)
    return CopyUnusable(reason, detail, written=written)


def _environment(address: PostgresqlAddress) -> dict[str, str]:
    told = {
        "PGHOST": address.host,
        "PGPORT": str(address.port or ""),
        "PGDATABASE": address.database,
        "PGUSER": address.user,
        "PGPASSWORD": address.password,
    }
    told |= {_LIBPQ[name]: value for name, value in address.options.items() if name in _LIBPQ}
    return {name: value for name, value in told.items() if value}
