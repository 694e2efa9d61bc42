"""Which due rows are claimed so that one member, or one channel, does not fill a lane."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, select

from storage.lanes import Rows
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


def apart(
    connection: Connection, rows_of: Rows, given: Apart, *, now: float, limit: int
) -> list[str]:
    """Choose the rows to claim, longest due first, inside the claim's transaction."""
    members, channels = set(given.members), set(given.channels)
    others = _due(rows_of).where(jobs.c.user_id.not_in(members))
    if given.by_channel:
        others = others.where(jobs.c.channel_id.not_in(channels))
    chosen: list[str] = []
    for row in _found(connection, others, max(limit, CANDIDATES), now):
        if row.user_id in members or (given.by_channel and row.channel_id in channels):
            continue
        members.add(row.user_id)
        channels.add(row.channel_id)
        chosen.append(row.id)
    more = min(limit - len(chosen), given.more)
    if more > 0:
        again = _found(connection, _due(rows_of), len(chosen) + more, now)
        chosen += [row.id for row in again if row.id not in chosen][:more]
    return chosen[:limit]


def _due(rows_of: Rows) -> Select[str, int, int]:
    due = select(jobs.c.id, jobs.c.user_id, jobs.c.channel_id).where(rows_of.due())
    return due.order_by(rows_of.due_at, jobs.c.id).with_for_update(skip_locked=True)


def _found(
    connection: Connection, due: Select[str, int, int], limit: int, now: float
) -> Iterable[Row[*tuple[Any, ...]]]:
    return connection.execute(due.limit(limit), {"now": now}).all()
