"""Small facts that are persistent."""

from typing import Final

from sqlalchemy import Connection, select, update

from storage.access import Access
from storage.clocks import latest_end
from storage.errors import StorageUnavailable
from storage.schema import facts

PAUSED_FACT: Final = "paused"
"""Set by the operator to hold everything that would go to Kling; dispatching checks it."""
APPLICATION_FACT: Final = "application_id"
"""The Discord application that the database belongs to; stored at the first start, for good."""


class Facts(Access):
    """The part of the store that keeps facts."""

    async def fact(self, key: str) -> str | None:
        """Return the value stored under the key."""
        noted = select(facts.c.value).where(facts.c.key == key)
        return await self._connections.read(lambda here: here.execute(noted).scalar_one_or_none())

    async def set_fact(self, key: str, value: str) -> None:
        """Store a value under the key, replacing an earlier one."""
        noting = self._insert(facts).values(key=key, value=value)
        noting = noting.on_conflict_do_update(index_elements=["key"], set_={"value": value})
        await self._connections.write(lambda here: here.execute(noting).close())

    async def belong_to(self, application_id: int) -> None:
        """Claim the database for this application; raises `StorageUnavailable` if it is another's.

        Two applications in one database would each record the other's servers as left. If two start
        at the same moment, one of them wins.
        """
        check_owner(await self.agree_on(APPLICATION_FACT, str(application_id)), application_id)

    async def agree_on(self, key: str, value: str) -> str:
        """Store a value unless there is one, and return the one that is stored."""
        noting = self._insert(facts).values(key=key, value=value)
        await self._connections.write(
            lambda here: here.execute(noting.on_conflict_do_nothing()).close()
        )
        return await self.fact(key) or ""

    async def take_turn(self, key: str, *, now: float, every_s: float) -> float:
        """Take a turn that one process at a time has, once in `every_s`.

        Return 0 if it was taken, else the seconds until it is free, never more than `every_s`:
        the clocks of two machines may differ. A turn that was taken much later than now was taken
        by a clock that was ahead, and is free.
        """

        def take(connection: Connection) -> float:
            noted = select(facts.c.value).where(facts.c.key == key)
            held = connection.execute(noted).scalar_one_or_none()
            if held is None:
                taking = self._insert(facts).values(key=key, value=str(now))
                taken = connection.execute(taking.on_conflict_do_nothing()).rowcount
            else:
                free_at = float(held) + every_s
                if now < free_at <= latest_end(now, every_s):
                    return min(every_s, free_at - now)
                same = (facts.c.key == key) & (facts.c.value == held)
                moving = update(facts).where(same).values(value=str(now))
                taken = connection.execute(moving).rowcount
            return 0.0 if taken else every_s

        return await self._connections.write(take)


def check_owner(noted: str, application_id: int) -> None:
    """Accept the application that the database belongs to; raises `StorageUnavailable`."""
    if noted != str(application_id):
        raise StorageUnavailable(
            "other_application",
            f"it belongs to the Discord application {noted}, not to {application_id}",
        )
