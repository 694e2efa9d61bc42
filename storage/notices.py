"""Which notices were sent lately, by any process: the same one is not sent again so soon."""

from typing import Final

from sqlalchemy import delete, update

from storage.access import Access
from storage.clocks import is_over
from storage.machine_schema import notices
from storage.statements import insert_into

NOTICES_KEPT_S: Final = 86_400.0
"""Longer than any notice keeps the same one from being sent."""


class Notices(Access):
    """The part of the store that keeps notices rare."""

    async def may_notify(self, about: str, *, now: float, every_s: float, sending_s: float) -> bool:
        """Tell whether this process is to send the notice, which then has `sending_s` to do so.

        No, if any has sent it in the last `every_s` seconds or is just sending it. A moment
        much later than now was recorded by a clock that was ahead, and does not count.
        """
        begun = {"sent_at": now - every_s + sending_s}
        sending = insert_into(self._connections.dialect, notices).values(about=about, **begun)
        long_ago = is_over(notices.c.sent_at + every_s, now, every_s)
        once = sending.on_conflict_do_update(index_elements=["about"], set_=begun, where=long_ago)
        return await self._connections.write(lambda here: here.execute(once).rowcount > 0)

    async def notified(self, about: str, *, now: float) -> None:
        """Record that it has arrived."""
        sent = update(notices).where(notices.c.about == about).values(sent_at=now)
        await self._connections.write(lambda here: here.execute(sent).close())

    async def purge_notices(self, *, now: float) -> None:
        """Delete what is too old to matter."""
        old = delete(notices).where(notices.c.sent_at <= now - NOTICES_KEPT_S)
        await self._connections.write(lambda here: here.execute(old).close())
