"""A PostgreSQL database as one file, by PostgreSQL's own `pg_dump`."""

import contextlib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from storage.address import PostgresqlAddress
from storage.errors import CopyUnusable, StorageUnavailable, about_copy
from storage.postgresql_programs import run
from storage.versions import Version, version_of_row

MAGIC: Final = b"PGDMP"
"""How a file of `pg_dump --format=custom` begins."""
_FILE_MODE: Final = 0o600
_VERSION: Final = re.compile(r"^(\d+)(?:\t(\d+|\\N))?$", re.MULTILINE)
"""A row of `schema_version` as pg_restore writes it; the second column may be missing or empty."""


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
        await run(address, "pg_dump", *arguments, written=True)
        with _of_copy(target, written=True):
            unfinished.replace(target)
    finally:
        with _of_copy(target, written=True):
            unfinished.unlink(missing_ok=True)


async def version_in_dump(address: PostgresqlAddress, schema: str, copy: Path) -> Version:
    """Return the version of our tables in a file of `dump`, in a schema of PostgreSQL's.

    Raises `StorageUnavailable`.
    """
    with _of_copy(copy, written=False):
        if not _is_dump(copy):
            raise StorageUnavailable("corrupt", f"{copy} is not a file of pg_dump")
    arguments = ("--data-only", f"--schema={schema}", "--table=schema_version", "--file=-")
    told = await run(address, "pg_restore", *arguments, str(copy), written=False)
    versions = [
        version_of_row(int(number), int(readers) if readers.isdigit() else None)
        for number, readers in _VERSION.findall(told)
    ]
    if not versions:
        detail = f"{copy} has no tables of this program in the schema {schema}"
        raise CopyUnusable("cannot_open", detail, written=False)
    return max(versions)


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
