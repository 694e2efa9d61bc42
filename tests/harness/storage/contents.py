"""All bytes of a stored input, wherever they are."""

from typing import Final

from storage.contents import InRow
from storage.job import StoredInput
from storage.store import JobStore

PIECE_BYTES: Final = 100_000


def at_hand(stored: StoredInput) -> bytes:
    """All bytes of an input that is not stored yet, or small."""
    assert not isinstance(stored.data, InRow)
    return stored.data if isinstance(stored.data, bytes) else stored.data.read()


async def whole(store: JobStore, stored: StoredInput) -> bytes:
    """Read it to its end, and see that there is nothing after it."""
    if not isinstance(stored.data, InRow):
        return at_hand(stored)
    pieces = [
        await store.input_part(stored.data, start, PIECE_BYTES)
        for start in range(0, stored.size_bytes + PIECE_BYTES, PIECE_BYTES)
    ]
    return b"".join(pieces)
