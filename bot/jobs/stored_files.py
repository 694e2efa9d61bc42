"""The stored files of a job as a create sends them: read where they are, piece by piece."""

from collections.abc import Iterable
from dataclasses import dataclass

from bot.kling.bodies import File
from storage.contents import InFile, InRow
from storage.job import StoredInput
from storage.store import JobStore


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A large file of a job; it holds nothing."""

    store: JobStore
    content: InRow

    @property
    def size_bytes(self) -> int:
        """How large it is."""
        return self.content.size_bytes

    async def read(self, start: int, most: int) -> bytes:
        """Return at most so many bytes from `start` on; raises `StorageUnavailable`."""
        return await self.store.input_part(self.content, start, most)


def files_of(store: JobStore, stored: Iterable[StoredInput]) -> dict[str, File]:
    """Return what a create is given of these inputs, by option."""
    return {
        one.name: one.data if isinstance(one.data, bytes) else StoredFile(store, one.data)
        for one in stored
        if not isinstance(one.data, InFile)  # what is stored is in no file
    }
