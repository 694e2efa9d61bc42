"""The lock beside a SQLite file: one process at a time, released however the process ends."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from storage.errors import StorageUnavailable

SUFFIX: Final = ".lock"
_FILE_MODE: Final = 0o600


@contextlib.contextmanager
def locked(database: Path) -> Iterator[None]:
    """Hold the lock of this database for the block; raises `StorageUnavailable` if it is held.

    The file is not deleted afterwards: otherwise two processes could lock two files of the same
    name.
    """
    real = database.resolve()  # Otherwise two names of one file would be two locks.
    path = real.with_name(real.name + SUFFIX)
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _FILE_MODE)
    except OSError as error:
        raise StorageUnavailable.because(error, path) from None
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StorageUnavailable("held", f"another process has {database} open") from None
        yield
    finally:
        os.close(handle)
