"""Servers: in which the bot is, since when it is out of the others, and forgetting those for good.

Only a server that the bot was a member of can be left. One that it never was in, where members
carry it along as their own application, is not in the table, and its jobs grow old like any other.
"""

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import Connection, Update, delete, select, update

from storage.access import Access
from storage.schema import guilds, jobs, upload_limits


class Forgotten(NamedTuple):
    """How much was forgotten."""

    guilds: int = 0
    jobs: int = 0


class Guilds(Access):
    """The part of the store that knows where the bot is a member."""

    async def see_guilds(self, here: Collection[int], *, now: float) -> None:
        """Note that the bot is in exactly these servers: it has just left the others it was in.

        Of a server that it is back in, the date is forgotten.
        """

        def note(connection: Connection) -> None:
            found = connection.execute(select(guilds.c.guild_id, guilds.c.left_at))
            known = {row.guild_id: row.left_at for row in found}
            for guild_id in here:
                if guild_id not in known:
                    seeing = self._insert(guilds).values(guild_id=guild_id)
                    connection.execute(seeing.on_conflict_do_nothing())
                elif known[guild_id] is not None:
                    connection.execute(_dated(guild_id, None))
            for guild_id, left_at in known.items():
                if left_at is None and guild_id not in here:
                    connection.execute(_dated(guild_id, now))

        await self._connections.write(note)

    async def forget_guilds(self, *, now: float, left_older_s: float) -> Forgotten:
        """Forget each server that was left so many seconds ago, with all that was asked for there.

        Ended or not: a result that found no place there has been told elsewhere, or nobody came
        for it. A step under way loses its claim. What a member asked for there after the bot had
        left, through an application of their own, is not the server's, and stays.
        """
        long_ago = guilds.c.left_at <= now - left_older_s

        def forget(connection: Connection) -> Forgotten:
            found = connection.execute(select(guilds.c.guild_id).where(long_ago).with_for_update())
            gone = list(found.scalars())
            if not gone:
                return Forgotten()
            left = select(guilds.c.guild_id).where(
                guilds.c.guild_id == jobs.c.guild_id,
                guilds.c.guild_id.in_(gone),
                guilds.c.left_at >= jobs.c.created_at,
            )
            forgotten = connection.execute(delete(jobs).where(left.exists()))
            connection.execute(delete(guilds).where(guilds.c.guild_id.in_(gone)))
            connection.execute(delete(upload_limits).where(upload_limits.c.guild_id.in_(gone)))
            return Forgotten(len(gone), forgotten.rowcount)

        return await self._connections.write(forget)


def _dated(guild_id: int, left_at: float | None) -> Update:
    return update(guilds).where(guilds.c.guild_id == guild_id).values(left_at=left_at)
