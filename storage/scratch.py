"""The scratch folder: files lie there while they are processed, and nothing is kept.

It is beside a SQLite file, under the database's lock. For other databases it is a locked folder of
this process in the temporary directory, because several processes may share one server. What a
killed process left behind is deleted at the next start.
"""

import contextlib
import fcntl
import os
import shutil
import stat
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from storage.address import SqliteAddress, parse_address
from storage.errors import StorageUnavailable
from storage.own_thread import in_own_thread

SUFFIX: Final = ".scratch"
SHARED_NAME: Final = "kling-discord-{uid}"
OWN_PREFIX: Final = "process-"
_DIRECTORY_MODE: Final = 0o700
_OTHERS: Final = 0o077


class Scratch:
    """A folder that exists whenever it is needed, even if a clean-up program deleted it.

    Its methods block.
    """

    def __init__(self, path: Path, *, locked: bool) -> None:
        self._path = path
        self._locked = locked
        self._handle: int | None = None
        self._make()

    def make_folder(self, prefix: str) -> Path:
        """Create a new folder inside and return its path."""
        try:
            return Path(tempfile.mkdtemp(prefix=prefix, dir=self._path))
        except FileNotFoundError:
            self._make()
            return Path(tempfile.mkdtemp(prefix=prefix, dir=self._path))

    def delete(self) -> None:
        """Delete the folder with everything inside."""
        shutil.rmtree(self._path, ignore_errors=True)
        self._let_go()

    def _make(self) -> None:
        self._path.mkdir(mode=_DIRECTORY_MODE, parents=True, exist_ok=True)
        if self._locked:
            self._let_go()
            self._handle = _lock(self._path)

    def _let_go(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


@contextlib.asynccontextmanager
async def open_scratch(url: str) -> AsyncIterator[Scratch]:
    """Yield an empty scratch folder for this database, which must be open; delete it afterwards.

    Raises `StorageUnavailable` if there is no place for one.
    """
    address = parse_address(url)
    scratch = await in_own_thread(
        lambda: _beside(address.path) if isinstance(address, SqliteAddress) else _shared()
    )
    try:
        yield scratch
    finally:
        await in_own_thread(scratch.delete)


def _beside(database: Path) -> Scratch:
    real = database.resolve()
    path = real.with_name(real.name + SUFFIX)
    _remove(path)
    return Scratch(path, locked=False)


def _shared() -> Scratch:
    """Return a folder of this process, and delete those whose processes have ended."""
    place = Path(_temporary_directory()) / SHARED_NAME.format(uid=os.getuid())
    with contextlib.suppress(FileExistsError):
        place.mkdir(mode=_DIRECTORY_MODE)
    if not _is_ours(place):  # Somebody else made it first, and could read what is in it.
        return Scratch(Path(tempfile.mkdtemp(prefix=place.name)), locked=True)
    turn = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(turn, fcntl.LOCK_EX)  # Or the folder of a process that starts looks unused.
        for left in place.glob(f"{OWN_PREFIX}*"):
            unused = _lock(left)
            if unused is not None:
                _remove(left)
                os.close(unused)
        return Scratch(Path(tempfile.mkdtemp(prefix=OWN_PREFIX, dir=place)), locked=True)
    finally:
        os.close(turn)


def _temporary_directory() -> str:
    try:
        return tempfile.gettempdir()
    except FileNotFoundError:
        raise StorageUnavailable(
            "no_scratch", "there is no temporary directory that this user can write"
        ) from None


def _is_ours(place: Path) -> bool:
    found = place.lstat()
    return (
        stat.S_ISDIR(found.st_mode)
        and found.st_uid == os.getuid()
        and not stat.S_IMODE(found.st_mode) & _OTHERS
    )


def _lock(folder: Path) -> int | None:
    """Return the handle that holds the folder; None if another process does."""
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return handle


def _remove(path: Path) -> None:
    if path.is_symlink() or path.is_file():
        path.unlink()
    else:
        shutil.rmtree(path, ignore_errors=True)
