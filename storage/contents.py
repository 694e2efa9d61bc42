"""Where the bytes of an input are if they are not at hand, because they are many."""

import os
import tempfile
import weakref
from dataclasses import dataclass
from pathlib import Path
from typing import Final

AT_HAND_MAX_BYTES: Final = 64 * 1024
"""A stored input up to this size is read with its row; it is at least as much as a URL may be."""


@dataclass(frozen=True, slots=True)
class InRow:
    """Bytes that are stored with a job: read in pieces, and copied within the database."""

    job_id: str
    name: str
    size_bytes: int


class Spool:
    """A new file in a folder; it can be read when the folder is gone, as long as it is referred to.

    Creating, `keep` and reading block.
    """

    def __init__(self, folder: Path) -> None:
        self.handle, name = tempfile.mkstemp(prefix="spool-", dir=folder)
        weakref.finalize(self, os.close, self.handle)
        self.path = Path(name)
        self._end = 0

    def keep(self, data: bytes) -> "InFile":
        """Append the bytes and return where they are."""
        kept = InFile(self, self._end, len(data))
        left = memoryview(data)
        while left:
            written = os.pwrite(self.handle, left, self._end)
            self._end += written
            left = left[written:]
        return kept


@dataclass(frozen=True, slots=True)
class InFile:
    """Bytes that are not stored yet."""

    spool: Spool
    start: int
    size_bytes: int

    def read(self) -> bytes:
        """Return them; it blocks."""
        return os.pread(self.spool.handle, self.size_bytes, self.start)


Content = bytes | InRow | InFile


def size_of(content: Content) -> int:
    """Return how many bytes they are."""
    return len(content) if isinstance(content, bytes) else content.size_bytes
