"""Wake-ups between processes: a hint that there is work, which may be lost at any time."""

from collections.abc import Callable

from storage.access import Access


class Wakeups(Access):
    """The part of the store through which processes wake each other."""

    async def announce_work(self) -> None:
        """Wake the other processes on this database. Raises `StorageUnavailable`."""
        await self._connections.announce(self._owner)

    async def hear_work(self, heard: Callable[[], None]) -> None:
        """Call `heard` whenever another process announces work, until cancelled.

        Raises `StorageUnavailable` once it hears nothing any more: reason `deaf` if what stands
        between us and the server passes no announcements on.
        """
        await self._connections.hear(self._owner, heard)
