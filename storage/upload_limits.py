"""Upload limits: how large a file each server accepts, learnt from interactions and refusals.

`attachment_size_limit` of an interaction is the larger of the server's limit and the member's
(Discord's API documentation). So the smallest value seen in a server is an upper bound for a
message by the bot there, and it is exact as soon as one member without a subscription has used the
bot. Boosts come and go, so a value counts only for some days.
"""

import functools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, Connection, and_, bindparam, delete, func, or_, select, update

from storage.access import Access
from storage.job import Origin
from storage.prepared import Prepared
from storage.schema import upload_limits
from storage.statements import insert_into

COUNTS_S: Final = 7 * 86_400.0
"""How long a limit that was seen or refused counts, in seconds."""
SEEN_AGAIN_S: Final = 3_600.0
"""A limit that is seen again is not stored again sooner than this."""
DIRECT: Final = 0
"""Stands for direct messages, which belong to no server."""
_SEEN_LATELY: Final = Prepared(
    select(upload_limits.c.guild_id, upload_limits.c.seen_bytes).where(
        upload_limits.c.guild_id.in_(bindparam("guilds", expanding=True)),
        upload_limits.c.seen_at > bindparam("since"),
    )
)
"""Built once: it is part of every command."""


@dataclass(frozen=True, slots=True)
class UploadLimit:
    """What is known about a server. Bytes."""

    seen_bytes: int | None = None
    """The smallest limit seen lately: the true one is this or smaller."""
    refused_bytes: int | None = None
    """The smallest limit that was assumed lately and proved too large."""


class UploadLimits(Access):
    """The part of the store that knows the upload limits."""

    async def upload_limit(self, guild_id: int | None, *, now: float) -> UploadLimit:
        """Return what is known about a server, or about direct messages.

        For direct messages the limit is the one that all users have, which is at most the smallest
        one seen anywhere.
        """
        both = _known(direct=guild_id is None)
        asked = {"place": guild_id or DIRECT, "since": now - COUNTS_S}
        [found] = await self._connections.read(lambda here: both.rows(here, asked))
        return UploadLimit(*found)

    async def refuse_upload_limit(
        self, guild_id: int | None, limit_bytes: int, *, now: float
    ) -> None:
        """Record that Discord refused a message of a size that this limit allows."""
        place = guild_id or DIRECT
        await self._connections.write(lambda here: _refuse(here, place, limit_bytes, now))


def see_upload_limits(connection: Connection, origins: Iterable[Origin], now: float) -> None:
    """Store the limits that these interactions named; nothing is written if nothing is new."""
    smallest: dict[int, int] = {}
    for origin in origins:
        if origin.can_post and origin.answer_limit_bytes:
            guild_id = origin.guild_id or DIRECT
            known = smallest.get(guild_id, origin.answer_limit_bytes)
            smallest[guild_id] = min(known, origin.answer_limit_bytes)
    if not smallest:
        return
    asked = {"guilds": list(smallest), "since": now - SEEN_AGAIN_S}
    fresh = {row[0]: row[1] for row in _SEEN_LATELY.rows(connection, asked)}
    for guild_id in sorted(smallest):  # In one order, so that two transactions never deadlock.
        limit_bytes = smallest[guild_id]
        if limit_bytes < fresh.get(guild_id, limit_bytes + 1):
            _see(connection, guild_id, limit_bytes, now)


@functools.cache
def _known(*, direct: bool) -> Prepared:
    """Return the statement for what is known; built once, because each result asks."""
    since = bindparam("since", type_=upload_limits.c.seen_at.type)
    here = upload_limits.c.guild_id == bindparam("place")
    seen = select(func.min(upload_limits.c.seen_bytes)).where(upload_limits.c.seen_at > since)
    refused = select(upload_limits.c.refused_bytes).where(here, upload_limits.c.refused_at > since)
    there = seen if direct else seen.where(here)
    return Prepared(select(there.scalar_subquery(), refused.scalar_subquery()))


def forget_upload_limits(connection: Connection, now: float) -> None:
    """Delete what no longer counts."""
    old = now - COUNTS_S
    connection.execute(
        delete(upload_limits).where(
            _older(upload_limits.c.seen_at, old), _older(upload_limits.c.refused_at, old)
        )
    )


def _see(connection: Connection, guild_id: int, limit_bytes: int, now: float) -> None:
    seen = {"seen_bytes": limit_bytes, "seen_at": now}
    entering = insert_into(connection.dialect.name, upload_limits)
    entering = entering.values(guild_id=guild_id, **seen)
    smaller = or_(
        upload_limits.c.seen_bytes >= limit_bytes,
        _older(upload_limits.c.seen_at, now - COUNTS_S),
    )
    connection.execute(
        entering.on_conflict_do_update(index_elements=["guild_id"], set_=seen, where=smaller)
    )


def _refuse(connection: Connection, guild_id: int, limit_bytes: int, now: float) -> None:
    refused = {"refused_bytes": limit_bytes, "refused_at": now}
    entering = insert_into(connection.dialect.name, upload_limits)
    connection.execute(entering.values(guild_id=guild_id).on_conflict_do_nothing())
    smaller = or_(
        upload_limits.c.refused_bytes >= limit_bytes,
        _older(upload_limits.c.refused_at, now - COUNTS_S),
    )
    here = upload_limits.c.guild_id == guild_id
    connection.execute(update(upload_limits).where(and_(here, smaller)).values(**refused))


def _older(column: ColumnElement[float | None], moment: float) -> ColumnElement[bool]:
    return or_(column.is_(None), column <= moment)
