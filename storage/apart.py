"""Which due rows are claimed so that one member, or one channel, does not fill a lane."""

import functools
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Integer, Select, bindparam, select

from storage.lanes import LANES, Lane
from storage.schema import jobs

CANDIDATES: Final = 32
"""How many rows a claim looks at to find different members: the next claim looks at the others."""


@dataclass(frozen=True, slots=True)
class Apart:
    """Whose rows are under way in a lane: further ones wait until no one else does."""

    members: frozenset[int] = frozenset()
    channels: frozenset[int] = frozenset()
    by_channel: bool = True
    """Whether the rows of a channel are kept apart as well as those of a member."""
    more: int = 0
    """How many rows may be claimed of a member or channel that already has one, if places are
    left."""


def apart(connection: Connection, lane: Lane, given: Apart, *, now: float, limit: int) -> list[str]:
    """Choose the rows to claim, longest due first, inside the claim's transaction."""
    members, channels = set(given.members), set(given.channels)
    others = _due(lane, others=True, by_channel=given.by_channel)
    asked: dict[str, Any] = {"now": now, "members": list(members), "channels": list(channels)}
    chosen: list[str] = []
    for row in connection.execute(others, asked | {"most": max(limit, CANDIDATES)}).all():
        if row.user_id in members or (given.by_channel and row.channel_id in channels):
            continue
        members.add(row.user_id)
        channels.add(row.channel_id)
        chosen.append(row.id)
    more = min(limit - len(chosen), given.more)
    if more > 0:
        asked = {"now": now, "most": len(chosen) + more}
        again = connection.execute(_due(lane, others=False, by_channel=False), asked).all()
        chosen += [row.id for row in again if row.id not in chosen][:more]
    return chosen[:limit]


@functools.cache
def _due(lane: Lane, *, others: bool, by_channel: bool) -> Select[str, int, int]:
    """Return the due rows of a lane, or those of other members and channels; built once."""
    rows_of = LANES[lane]
    due = select(jobs.c.id, jobs.c.user_id, jobs.c.channel_id).where(rows_of.due())
    if others:
        due = due.where(jobs.c.user_id.not_in(bindparam("members", expanding=True)))
    if others and by_channel:
        due = due.where(jobs.c.channel_id.not_in(bindparam("channels", expanding=True)))
    due = due.order_by(rows_of.due_at, jobs.c.id).limit(bindparam("most", type_=Integer))
    return due.with_for_update(skip_locked=True)
