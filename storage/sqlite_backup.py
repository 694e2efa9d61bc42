"""A copy of a SQLite database while it is in use, and putting a copy in its place.

Everything here blocks and belongs in a thread. A copy gets its name once it is complete and
durable, so an interruption leaves the earlier file or the new one.
"""

import contextlib
import os
import sqlite3
from pathlib import Path
from typing import Final

from storage.errors import StorageUnavailable, about_copy
from storage.lock import SUFFIX as LOCK_SUFFIX
from storage.restoring import COPIED_FACT
from storage.sqlite_file import HEADER, backup_of, backups_of, refusing, version_of
from storage.versions import Version

UNFINISHED: Final = ".unfinished"
RESTORING: Final = ".restoring"
REPLACED: Final = ".replaced"
LOGS: Final = ("-wal", "-shm")
_FILE_MODE: Final = 0o600
_BUSY_S: Final = 30.0


def copy_database(source: Path, target: Path, *, now: float) -> None:
    """Copy the database as it is at one moment; its writers are not held up.

    Raises `StorageUnavailable` if there is none, if it can't be read or written, or if `target` is
    something else than an earlier copy. `now` is noted in the copy, in Unix seconds.
    """
    if version_of(source) is None:
        raise StorageUnavailable("cannot_open", f"{source} contains no database yet")
    unfinished = target.with_name(target.name + UNFINISHED)
    with about_copy(written=True), refusing(unfinished):
        _check_replaceable(source, target)
        try:
            _copy(source, unfinished)
            with contextlib.closing(sqlite3.connect(unfinished)) as copy:
                copy.execute("PRAGMA journal_mode = DELETE")  # one file, which can be carried away
                with copy:
                    copy.execute(
                        "INSERT OR REPLACE INTO facts (key, value) VALUES (?, ?)",
                        (COPIED_FACT, str(now)),
                    )
            _sync(unfinished)
            unfinished.replace(target)
        finally:
            _remove(unfinished)
        _sync(target.parent)


def prepare_restored(copy: Path, database: Path) -> Path:
    """Copy a copy beside the database and return where; nothing is replaced yet.

    Raises `StorageUnavailable` if it is damaged, or not a database of this bot.
    """
    version_of_copy(copy)
    prepared = database.with_name(database.name + RESTORING)
    discard_restored(database)
    with refusing(prepared):
        _copy(copy, prepared)
    return prepared


def version_of_copy(copy: Path) -> Version:
    """Return the schema version of a copy, which need not be writable; raises `CopyUnusable`."""
    with about_copy(written=False):
        if not copy.exists():
            raise StorageUnavailable("cannot_open", f"{copy} does not exist")
        version = version_of(copy, written=False)
        if version is None:
            raise StorageUnavailable("cannot_open", f"{copy} contains no database")
    return version


def put_in_place(database: Path) -> Path | None:
    """Replace the database by the prepared copy; return where the replaced one is, if there was.

    The database must be locked, and the prepared copy closed.
    """
    prepared = database.with_name(database.name + RESTORING)
    replaced = database.with_name(database.name + REPLACED)
    with refusing(database):
        _whole(prepared)
        _sync(prepared)
        existed = database.exists()
        if existed:
            _take_in_log(database)
            for log in ("", *LOGS):
                _beside(replaced, log).unlink(missing_ok=True)
            os.link(database, replaced)
        for log in LOGS:  # a log of the replaced database would be played into the new one
            with contextlib.suppress(FileNotFoundError):
                _beside(database, log).replace(_beside(replaced, log))
        prepared.replace(database)
        _sync(database.parent)
    discard_restored(database)
    return replaced if existed else None


def discard_restored(database: Path) -> None:
    """Delete what an interrupted attempt has left beside the database."""
    prepared = database.with_name(database.name + RESTORING)
    with refusing(prepared):
        if database.parent.is_dir():
            for version in backups_of(prepared):
                backup_of(prepared, version).unlink(missing_ok=True)
        _remove(prepared)
        _beside(prepared, LOCK_SUFFIX).unlink(missing_ok=True)


def _check_replaceable(source: Path, target: Path) -> None:
    with refusing(target):
        if not target.exists():
            return
        if target.samefile(source):
            raise StorageUnavailable("cannot_open", f"{target} is the database itself")
        with target.open("rb") as file:
            begin = file.read(len(HEADER))
        if begin not in {b"", HEADER}:
            raise StorageUnavailable("cannot_open", f"{target} exists and is not a copy")


def _copy(source: Path, target: Path) -> None:
    """Copy in one step, which is one moment; in a write-ahead log writers go on beside it."""
    _remove(target)
    os.close(os.open(target, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _FILE_MODE))
    uri = f"{source.absolute().as_uri()}?mode=ro"
    with (
        contextlib.closing(sqlite3.connect(uri, uri=True, timeout=_BUSY_S)) as reading,
        contextlib.closing(sqlite3.connect(target)) as writing,
    ):
        reading.backup(writing)


def _whole(prepared: Path) -> None:
    """Have the log written into the file: only the file is put in place."""
    with contextlib.closing(sqlite3.connect(prepared)) as copy:
        (busy, *_) = copy.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise StorageUnavailable("held", f"{prepared} is in use")


def _take_in_log(database: Path) -> None:
    """Have the log written into the file, if it can be read: then one file is the whole."""
    with (
        contextlib.suppress(sqlite3.DatabaseError),
        contextlib.closing(sqlite3.connect(database)) as old,
    ):
        old.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _remove(path: Path) -> None:
    for suffix in ("", *LOGS, "-journal"):
        _beside(path, suffix).unlink(missing_ok=True)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
