"""What the tests do to files, outside the event loop's own functions."""

import shutil
import stat
from pathlib import Path


def write(path: Path, data: bytes) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)


def size(path: Path) -> int:
    return path.stat().st_size


def exists(path: Path) -> bool:
    return path.exists()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def set_mode(path: Path, bits: int) -> None:
    path.chmod(bits)


def contents(place: Path) -> dict[str, bytes]:
    """Every file of the directory, byte for byte, but for the lock."""
    return {
        path.name: path.read_bytes()
        for path in place.iterdir()
        if path.is_file() and path.suffix != ".lock"
    }


def copied(database: Path, copy: Path) -> None:
    """Copy the file and its log as they lie on the disk, while it is open."""
    copy.parent.mkdir()
    for suffix in ("", "-wal"):
        shutil.copy(f"{database}{suffix}", f"{copy}{suffix}")
