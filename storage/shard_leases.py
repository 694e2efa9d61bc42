"""Which process has which of Discord's shards: one at a time for each server, by leased rows.

Discord sends every event of a shard to each process that has it. A press would be handled twice,
and what the first made of it the second would take back.
"""

import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, delete, insert, or_, select

from storage.access import Access
from storage.clocks import is_ahead, is_over
from storage.machine_schema import roles
from storage.statements import take_turn

ROLE: Final = "shard:{id}/{count}"
"""The role's name; its number is one of `count`."""
_TURN: Final = 7_041_776_203_511_846_028
_OURS: Final = roles.c.name.startswith("shard:", autoescape=True)


@dataclass(frozen=True, slots=True)
class HeldShard:
    """A shard of another process that has servers of ours."""

    id: int
    count: int


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of asking for shards."""

    held: HeldShard | None
    """One of another process that has a server in common with them; None: they are ours."""
    overridden: tuple[HeldShard, ...] = ()
    """Shards of other processes whose leases end later than ours: by a clock that is wrong, theirs
    or this one's, so that both may serve them now."""


class ShardLeases(Access):
    """The part of the store that knows who has which shard."""

    async def take_shards(
        self, count: int, ids: Collection[int], *, now: float, lease_s: float
    ) -> Asked:
        """Take these shards of `count`, or keep them, for `lease_s` seconds, and leave all others.

        If another process has a server in common with them, nothing changes. A lease that ends
        much later than a new one would was written by a clock that was wrong, and does not count.
        A file has one process, which has all shards.
        """
        if not self.shared:
            return Asked(None)
        mine = roles.c.owner == self._owner
        over = or_(mine, is_over(roles.c.until, now, lease_s))
        rows = [
            {
                "name": ROLE.format(id=shard, count=count),
                "owner": self._owner,
                "until": now + lease_s,
                "term": 1,
            }
            for shard in ids
        ]

        def take(here: Connection) -> Asked:
            take_turn(here, _TURN)
            for name in here.execute(select(roles.c.name).where(_OURS, ~over)).scalars():
                held = _read(name)
                if any(in_common(count, shard, held.count, held.id) for shard in ids):
                    return Asked(held)
            asked = select(roles.c.name).where(_OURS, ~mine, is_ahead(roles.c.until, now, lease_s))
            overridden = tuple(map(_read, here.execute(asked).scalars()))
            here.execute(delete(roles).where(_OURS, over)).close()
            here.execute(insert(roles), rows).close()
            return Asked(None, overridden)

        return await self._connections.write(take)

    async def leave_shards(self) -> None:
        """Let another process have this one's shards at once."""
        if not self.shared:
            return
        leaving = delete(roles).where(_OURS, roles.c.owner == self._owner)
        await self._connections.write(lambda here: here.execute(leaving).close())


def in_common(count: int, shard: int, other_count: int, other: int) -> bool:
    """Tell whether a server can be on both shards, of whatever numbers of shards. Pure.

    A number with the remainders `shard` and `other` exists if they agree modulo what both numbers
    of shards can be divided by (the Chinese remainder theorem).
    """
    return (shard - other) % math.gcd(count, other_count) == 0


def _read(name: str) -> HeldShard:
    id_, _, count = name.partition(":")[2].partition("/")
    return HeldShard(int(id_), int(count))
