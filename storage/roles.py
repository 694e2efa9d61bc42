"""Roles that one process of many has at a time: a row that is leased, with a number of its term.

A session lock of the server's would not do. Behind a pooler in transaction mode no session is ours;
and one whose process is suspended, or whose network is cut, keeps its lock for as long as the
server believes in the connection. A lease ends by itself, and the term tells a process that wakes
up late that it is no longer meant.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from sqlalchemy import Connection, and_, case, delete, or_, select, update

from storage.access import Access
from storage.clocks import is_over
from storage.connections import Connections
from storage.errors import RoleLost
from storage.machine_schema import roles
from storage.statements import insert_into

HOUSEKEEPER: Final = "housekeeper"
PRESENT: Final = "process:"
"""Before its owner's name: of a process that has not got the role it asked for, but runs."""
THE_ONLY_TERM: Final = 0
"""Of a process that is alone on its database."""

Result = TypeVar("Result")


class Roles(Access):
    """The part of the store that knows who has which role."""

    async def take_role(self, name: str, *, now: float, lease_s: float) -> int | None:
        """Take the role, or keep it, for `lease_s` seconds; return its term, None if it is held.

        Each new holder has a higher term than all before. A lease that ends much later than a new
        one would was written by a clock that was ahead, and does not count. A file has one process,
        which has every role. Who does not get it is noted as present for as long.
        """
        if not self.shared:
            return THE_ONLY_TERM
        mine = roles.c.owner == self._owner
        over = or_(mine, is_over(roles.c.until, now, lease_s))
        taking = insert_into(self._connections.dialect, roles)
        taking = taking.values(name=name, owner=self._owner, until=now + lease_s, term=1)
        given = taking.on_conflict_do_update(
            index_elements=["name"],
            set_={
                "owner": self._owner,
                "until": now + lease_s,
                "term": case((mine, roles.c.term), else_=roles.c.term + 1),
            },
            where=over,
        ).returning(roles.c.term)
        owner, until = self._owner, now + lease_s
        being = insert_into(self._connections.dialect, roles)
        being = being.values(name=PRESENT + owner, owner=owner, until=until, term=1)
        being = being.on_conflict_do_update(index_elements=["name"], set_={"until": until})
        present = roles.c.name.startswith(PRESENT, autoescape=True)
        gone = delete(roles).where(present, roles.c.until <= now)

        def take(here: Connection) -> int | None:
            term: int | None = here.execute(given).scalar_one_or_none()
            if term is None:
                here.execute(gone).close()
                here.execute(being).close()
            return term

        return await self._connections.write(take)

    async def leave_role(self, name: str) -> None:
        """Let the next process have it at once, if it is this one's; no longer be present."""
        if not self.shared:
            return
        its = and_(roles.c.name == name, roles.c.owner == self._owner)
        leaving = update(roles).where(its).values(until=0.0)
        absent = delete(roles).where(roles.c.name == PRESENT + self._owner)

        def leave(here: Connection) -> None:
            here.execute(leaving).close()
            here.execute(absent).close()

        await self._connections.write(leave)

    async def role_until(self, name: str) -> float | None:
        """Return until when (Unix seconds) somebody has the role; None if nobody ever had."""
        asked = select(roles.c.until).where(roles.c.name == name)
        return await self._connections.read(lambda here: here.execute(asked).scalar_one_or_none())


class OfTerm:
    """Connections whose writes fail with `RoleLost` once another process has the role.

    The check is part of each transaction, and holds the row until it ends: so nothing of a former
    holder is written after the next one has begun.
    """

    def __init__(self, connections: Connections, name: str, term: int) -> None:
        self._connections = connections
        self._term = term
        self._held = (
            select(roles.c.term)
            .where(roles.c.name == name, roles.c.term == term)
            .with_for_update(read=True)
        )
        self.dialect = connections.dialect

    async def read(self, work: Callable[[Connection], Result]) -> Result:
        """Return the result of `work`, whoever has the role."""
        return await self._connections.read(work)

    async def write(self, work: Callable[[Connection], Result], *, urgent: bool = False) -> Result:
        """Return the result of `work`, committed unless it raises; raises `RoleLost`."""

        def as_holder(here: Connection) -> Result:
            if self._term != THE_ONLY_TERM and here.execute(self._held).first() is None:
                raise RoleLost
            return work(here)

        return await self._connections.write(as_holder, urgent=urgent)

    async def overwrite_input(self, job_id: str, name: str) -> None:
        """As the connections do."""
        await self._connections.overwrite_input(job_id, name)

    async def in_copies(self, delete: Callable[[Path], None]) -> None:
        """As the connections do."""
        await self._connections.in_copies(delete)

    async def tidy(self) -> None:
        """As the connections do."""
        await self._connections.tidy()

    async def announce(self, sender: str) -> None:
        """As the connections do."""
        await self._connections.announce(sender)

    async def hear(self, owner: str, heard: Callable[[], None]) -> None:
        """As the connections do."""
        await self._connections.hear(owner, heard)

    async def close(self) -> None:
        """Do nothing: the connections are their owner's."""
