"""Where the bytes of an input are if they are not at hand, because they are many."""

from dataclasses import dataclass
from typing import Final

AT_HAND_MAX_BYTES: Final = 64 * 1024
"""A stored input up to this size is read with its row; it is at least as much as a URL may be."""


@dataclass(frozen=True, slots=True)
class InRow:
    """Bytes that are stored with a job: read in pieces, and copied within the database."""

    job_id: str
    name: str
    size_bytes: int


Content = bytes | InRow


def size_of(content: Content) -> int:
    """Return how many bytes they are."""
    return len(content) if isinstance(content, bytes) else content.size_bytes
