"""All bytes of a stored input, wherever they are."""

from typing import Final

from storage.job import StoredInput
from storage.store import JobStore

PIECE_BYTES: Final = 100_000


async def whole(store: JobStore, stored: StoredInput) -> bytes:
    """Read it to its end, and see that there is nothing after it."""
    if isinstance(stored.data, bytes):
        return stored.data
    pieces = [
        await store.input_part(stored.data, start, PIECE_BYTES)
        for start in range(0, stored.size_bytes + PIECE_BYTES, PIECE_BYTES)
    ]
    return b"".join(pieces)
