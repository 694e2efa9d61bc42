"""Small facts that outlive the process."""

from typing import Final

from sqlalchemy import select

from storage.access import Access
from storage.errors import StorageUnavailable
from storage.schema import facts

PAUSED_FACT: Final = "paused"
"""Set by an operator while nothing more is to be sent to Kling; whoever dispatches looks at it."""
APPLICATION_FACT: Final = "application_id"
"""Whose database it is: a number of Discord's. Noted at the first start, and then for good."""


class Facts(Access):
    """The part of the store that notes things."""

    async def fact(self, key: str) -> str | None:
        """Return what was noted under the key."""
        noted = select(facts.c.value).where(facts.c.key == key)
        return await self._connections.read(lambda here: here.execute(noted).scalar_one_or_none())

    async def set_fact(self, key: str, value: str) -> None:
        """Note a value under the key, in place of an earlier one."""
        noting = self._insert(facts).values(key=key, value=value)
        noting = noting.on_conflict_do_update(index_elements=["key"], set_={"value": value})
        await self._connections.write(lambda here: here.execute(noting).close())

    async def belong_to(self, application_id: int) -> None:
        """Make it this application's database; raises `StorageUnavailable` when it is another's.

        Two applications in one database would take each other's servers for left. Of two that start
        at the same moment one wins.
        """
        noting = self._insert(facts).values(key=APPLICATION_FACT, value=str(application_id))
        await self._connections.write(
            lambda here: here.execute(noting.on_conflict_do_nothing()).close()
        )
        owner = await self.fact(APPLICATION_FACT)
        if owner != str(application_id):
            raise StorageUnavailable(
                "other_application",
                f"it belongs to the Discord application {owner}, not to {application_id}",
            )
