"""A PostgreSQL database as one file, by PostgreSQL's own `pg_dump` and `pg_restore`.

No password is in an argument, where every user of the machine could read it.
"""

import asyncio
import contextlib
import errno
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from storage.address import PostgresqlAddress
from storage.errors import CopyUnusable, StorageUnavailable, about_copy
from storage.versions import Version, version_of_row

MAGIC: Final = b"PGDMP"
"""How a file of `pg_dump --format=custom` begins."""
_FILE_MODE: Final = 0o600
_COMPLAINT_CHARACTERS_MAX: Final = 500
_NO_SPACE: Final = os.strerror(errno.ENOSPC)
_NOT_CONNECTED: Final = re.compile(
    "connection to server .* failed|could not (connect to server|translate host name)"
)
"""How libpq's complaint begins where it gets no connection: since version 14, and before."""
_VERSION: Final = re.compile(r"^(\d+)(?:\t(\d+|\\N))?$", re.MULTILINE)
"""A row of `schema_version` as pg_restore writes it; the second column may be missing or empty."""
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


async def dump(address: PostgresqlAddress, target: Path) -> None:
    """Write the database as it is at one moment into a file; nothing waits for it.

    Raises `StorageUnavailable`.
    """
    unfinished = target.with_name(target.name + ".unfinished")
    with _of_copy(target, written=True):
        _check_replaceable(target)
        os.close(
            os.open(unfinished, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, _FILE_MODE)
        )
    try:
        arguments = ("--format=custom", f"--file={unfinished}")
        await _run(address, "pg_dump", *arguments, written=True)
        with _of_copy(target, written=True):
            unfinished.replace(target)
    finally:
        with _of_copy(target, written=True):
            unfinished.unlink(missing_ok=True)


async def version_in_dump(address: PostgresqlAddress, copy: Path) -> Version:
    """Return the schema version in a file of `dump`; raises `StorageUnavailable`."""
    with _of_copy(copy, written=False):
        if not _is_dump(copy):
            raise StorageUnavailable("corrupt", f"{copy} is not a file of pg_dump")
    arguments = ("--data-only", "--table=schema_version", "--file=-", str(copy))
    told = await _run(address, "pg_restore", *arguments, written=False)
    versions = [
        version_of_row(int(number), int(readers) if readers.isdigit() else None)
        for number, readers in _VERSION.findall(told)
    ]
    if not versions:
        raise CopyUnusable("cannot_open", f"{copy} belongs to another program", written=False)
    return max(versions)


async def load(address: PostgresqlAddress, copy: Path) -> None:
    """Replace the tables by those of the file, all or nothing; raises `StorageUnavailable`."""
    await _run(
        address,
        "pg_restore",
        "--clean",
        "--if-exists",
        "--no-owner",
        "--no-privileges",
        "--single-transaction",
        f"--dbname={address.database}",
        str(copy),
        written=False,
    )


@contextlib.contextmanager
def _of_copy(path: Path, *, written: bool) -> Iterator[None]:
    with about_copy(written=written):
        try:
            yield
        except OSError as error:
            raise StorageUnavailable.because(error, path) from None


def _check_replaceable(target: Path) -> None:
    if target.exists() and not _is_dump(target):
        raise StorageUnavailable("cannot_open", f"{target} exists and is not a copy")


def _is_dump(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


async def _run(address: PostgresqlAddress, program: str, *arguments: str, written: bool) -> str:
    """Return what it prints. What it complains of is the copy, except where no server answers."""
    found = shutil.which(program)
    if found is None:
        raise ProgramMissing(program)
    try:
        running = await asyncio.create_subprocess_exec(
            found,
            *arguments,
            env={**os.environ, **_environment(address), "LC_ALL": "C"},  # for its complaints
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
    except OSError as error:
        raise StorageUnavailable.because(error, found) from None
    out, err = await running.communicate()
    if running.returncode:
        said = err.decode(errors="replace").strip()
        for secret in address.secrets:
            said = said.replace(secret, "***")
        reason = "full" if _NO_SPACE in said else "cannot_open"
        detail = f"{program}: {said[:_COMPLAINT_CHARACTERS_MAX]}"
        if _NOT_CONNECTED.search(said):
            raise StorageUnavailable(reason, detail)
        raise CopyUnusable(reason, detail, written=written)
    return out.decode(errors="replace")


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
