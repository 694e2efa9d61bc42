"""How many calls a second each process may make to Discord: shares of one budget, leased.

Discord counts the calls of a token, whichever machine they come from. A share is held by a row and
ends by itself; what a process that died held is free again when its lease is over.
"""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, delete, select

from storage.access import Access
from storage.clocks import is_over
from storage.machine_schema import call_shares
from storage.statements import insert_into, take_turn

LEAST_SHARE_PER_S: Final = 0.5
"""Less than that is no share: its second call would wait for longer than until the next lease. Only
where so many processes want calls that an even share is less, it is one."""
_TURN: Final = 7_041_776_203_511_846_027


class CallShares(Access):
    """The part of the store that shares out calls."""

    async def lease_calls(
        self, *, now: float, wanted_per_s: float, total_per_s: float, lease_s: float
    ) -> float:
        """Lease this process's share until `now + lease_s`; return it, in calls a second.

        The shares of all processes together are at most `total_per_s`, whatever they want: 0 is
        possible until another one's lease ends. A lease that ends much later than a new one would
        was written by a clock that was ahead, and does not count. A file has one process, which has
        everything.
        """
        if not self.shared:
            return total_per_s
        mine = call_shares.c.owner == self._owner
        over = is_over(call_shares.c.until, now, lease_s)
        held = select(call_shares.c.calls_per_s, call_shares.c.wanted_per_s).where(~mine)

        def lease(here: Connection) -> float:
            take_turn(here, _TURN)
            here.execute(delete(call_shares).where(over)).close()
            others = [(row.calls_per_s, row.wanted_per_s) for row in here.execute(held)]
            share = share_of(wanted_per_s, others, total_per_s)
            row = {"calls_per_s": share, "wanted_per_s": wanted_per_s, "until": now + lease_s}
            writing = insert_into(here.dialect.name, call_shares).values(owner=self._owner, **row)
            here.execute(writing.on_conflict_do_update(index_elements=["owner"], set_=row)).close()
            return share

        return await self._connections.write(lease)

    async def return_calls(self) -> None:
        """Give this process's share back."""
        if not self.shared:
            return
        mine = delete(call_shares).where(call_shares.c.owner == self._owner)
        await self._connections.write(lambda here: here.execute(mine).close())


def share_of(wanted: float, others: Sequence[tuple[float, float]], total: float) -> float:
    """Return the share of a process that wants so much, beside others that hold and want.

    Nobody gets more than they want while that leaves another short: what is left over by those that
    want little is shared evenly by the rest. What others hold still is not there yet; if next to
    nothing is left, the share is 0 until they have less. Pure.
    """
    left, each = total, wanted
    wants = sorted([wanted, *(theirs for _, theirs in others)])
    for number, theirs in enumerate(wants):
        even = left / (len(wants) - number)
        if theirs >= even:
            each = min(wanted, even)
            break
        left -= theirs
    free = total - sum(held for held, _ in others)
    share = min(each, free)
    return share if share > 0.0 and share >= min(LEAST_SHARE_PER_S, each / 2.0) else 0.0
