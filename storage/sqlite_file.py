"""Checks of a SQLite file before it is opened for writing (is it ours and intact), and its copy.

Everything here blocks and belongs in a thread. A refused file is left unchanged.
"""

import contextlib
import os
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from storage.errors import StorageUnavailable
from storage.versions import Version, version_of_row

HEADER: Final = b"SQLite format 3\x00"
BACKUPS_KEPT: Final = 2
"""Copies of old schemas beside the file: the newest, and one more to take back the upgrade
before."""
CHECKED_WHOLE_MAX_BYTES: Final = 256 * 1024 * 1024
"""Up to this size every page is checked at the start; a larger file only where it is read."""
_REASONS: Final = {
    sqlite3.SQLITE_BUSY: "held",
    sqlite3.SQLITE_LOCKED: "held",
    sqlite3.SQLITE_READONLY: "read_only",
    sqlite3.SQLITE_CORRUPT: "corrupt",
    sqlite3.SQLITE_NOTADB: "corrupt",
    sqlite3.SQLITE_CANTOPEN: "cannot_open",
    sqlite3.SQLITE_FULL: "full",
    sqlite3.SQLITE_IOERR: "cannot_open",
    sqlite3.SQLITE_IOERR_SHMSIZE: "full",  # no room for the log's index
}
"""SQLite's documentation, "Result and Error Codes"."""
_PRIMARY_CODE: Final = 0xFF
"""The part of a result code that is specific enough if the rest is not in the table."""
_FILE_MODE: Final = 0o600
"""Prompts and interaction tokens are readable only by the file's owner."""
_DIRECTORY_MODE: Final = 0o700
_SHRINKABLE: Final = "PRAGMA auto_vacuum = INCREMENTAL"
"""Free pages can then leave the file step by step. To be said before the first page is written."""


def reason_of(code: int) -> str | None:
    """Return what SQLite's result code says about the file; None: it concerns a statement."""
    return _REASONS.get(code) or _REASONS.get(code & _PRIMARY_CODE)


def make_place(path: Path) -> None:
    """Create the directory for the file; raises `StorageUnavailable`."""
    try:
        path.parent.mkdir(mode=_DIRECTORY_MODE, parents=True, exist_ok=True)
    except OSError as error:
        raise StorageUnavailable.because(error, path.parent) from None


def make_file(path: Path) -> None:
    """Create the file if it is missing, readable only by its owner; durable on return."""
    with refusing(path):
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _FILE_MODE)
        os.close(handle)
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute(_SHRINKABLE)
            connection.execute("PRAGMA journal_mode = WAL")  # writes the first page
        _sync_directory(path.parent)


def make_shrinkable(path: Path) -> None:
    """Lay a file out anew that was made before it could shrink; does nothing to any other.

    Needs as much room as the file once more. Where there is none, it stays as it is.
    """
    with refusing(path), contextlib.closing(sqlite3.connect(path, isolation_level=None)) as file:
        (mode,) = file.execute("PRAGMA auto_vacuum").fetchone()
        if mode:
            return
        file.execute(_SHRINKABLE)
        try:
            file.execute("VACUUM")
        except sqlite3.OperationalError as error:
            if reason_of(error.sqlite_errorcode) != "full":
                raise


def version_of(path: Path, *, written: bool = True) -> Version | None:
    """Return the schema version in the file, None if there is none yet.

    Raises `StorageUnavailable`: `read_only`, `corrupt`, or `cannot_open` for a file that is not a
    database of this bot.
    """
    with refusing(path):
        if not path.exists():
            return None
        if not path.is_file():
            raise StorageUnavailable("cannot_open", f"{path} is not a file")
        access = os.O_RDWR if written else os.O_RDONLY
        os.close(
            os.open(path, access | os.O_CLOEXEC)
        )  # Check before SQLite does, because SQLite opens whatever it can.
        size_bytes = path.stat().st_size
        if size_bytes == 0:
            return None
        with path.open("rb") as file:
            if file.read(len(HEADER)) != HEADER:
                raise StorageUnavailable("corrupt", f"{path} is not a SQLite database")
        with _reading(path) as connection:
            if size_bytes <= CHECKED_WHOLE_MAX_BYTES:
                (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
                if verdict != "ok":
                    raise StorageUnavailable("corrupt", f"{path}: {verdict}")
            return _read_version(connection, path)


def fact_in(path: Path, key: str) -> str | None:
    """Return a fact that is stored in the file, None if there is none; leaves no trace.

    Raises `StorageUnavailable`.
    """
    if version_of(path) is None:
        return None
    with refusing(path), _reading(path) as connection:
        found = connection.execute("SELECT value FROM facts WHERE key = ?", (key,)).fetchone()
    return None if found is None else str(found[0])


def back_up(path: Path, version: int) -> Path:
    """Copy the database to `<name>.v<version>.backup` beside it and return the copy's path.

    The copy is complete and durable before it gets its name, so an interruption leaves all or
    nothing. `BACKUPS_KEPT` copies stay: this one, whatever its version, and the newest of the
    others.
    """
    copy = backup_of(path, version)
    unfinished = copy.with_name(copy.name + ".unfinished")
    with refusing(unfinished):
        unfinished.unlink(missing_ok=True)
        try:
            os.close(os.open(unfinished, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _FILE_MODE))
            with contextlib.closing(sqlite3.connect(path)) as source:
                # VACUUM reports log trouble without the reason; a read gives the reason.
                source.execute("SELECT name FROM sqlite_master")
                source.execute("VACUUM INTO ?", (str(unfinished),))
            _sync(unfinished)
            unfinished.replace(copy)
        finally:
            unfinished.unlink(missing_ok=True)
        _sync_directory(path.parent)
        others = sorted(set(backups_of(path)) - {version})
        for old in others[: 1 - BACKUPS_KEPT]:
            with contextlib.suppress(OSError):  # This is no reason not to start.
                backup_of(path, old).unlink()
    return copy


def backups_of(path: Path) -> list[int]:
    """Return the versions that have a copy beside the database."""
    shape = re.compile(re.escape(path.name) + r"\.v(\d+)\.backup")
    found = (shape.fullmatch(beside.name) for beside in path.parent.iterdir() if beside.is_file())
    return [int(match[1]) for match in found if match]


def backup_of(path: Path, version: int) -> Path:
    """Return where the copy of this version is, if there is one."""
    return path.with_name(f"{path.name}.v{version}.backup")


def _read_version(connection: sqlite3.Connection, path: Path) -> Version | None:
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    if not tables:
        return None
    if "schema_version" not in tables:
        raise StorageUnavailable("cannot_open", f"{path} belongs to another program")
    newest = connection.execute("SELECT * FROM schema_version ORDER BY version DESC LIMIT 1")
    newest.row_factory = sqlite3.Row
    row = newest.fetchone()
    if row is None or not isinstance(row["version"], int):
        raise StorageUnavailable("corrupt", f"{path} does not say its version")
    readable_from = row["readable_from"] if "readable_from" in row.keys() else None  # noqa: SIM118 - a row is no dict
    return version_of_row(row["version"], readable_from)


@contextlib.contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    # Without a write-ahead log the file is not being written, and `immutable` leaves no trace.
    alone = not path.with_name(path.name + "-wal").exists()
    uri = f"{path.absolute().as_uri()}?mode=ro{'&immutable=1' if alone else ''}"
    with contextlib.closing(sqlite3.connect(uri, uri=True)) as connection:
        yield connection


@contextlib.contextmanager
def refusing(path: Path) -> Iterator[None]:
    """Turn errors about this file into `StorageUnavailable`."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        reason = reason_of(error.sqlite_errorcode) or "cannot_open"
        raise StorageUnavailable(reason, f"{path}: {error}") from None
    except OSError as error:
        raise StorageUnavailable.because(error, path) from None


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sync_directory(path: Path) -> None:
    _sync(path)
