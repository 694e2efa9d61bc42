"""Servers: where the bot is, when it left the others, and deleting the data of those for good.

Only a server that the bot was a member of can be left. A server where members use a user-installed
application, without the bot in it, has no row; its jobs age like all others.
"""

from collections.abc import Callable, Collection
from functools import partial
from typing import NamedTuple

from sqlalchemy import Connection, Exists, Update, and_, delete, select, update

from storage.forgetting import Forgetting, rows_of
from storage.old_books import forget_server_in_books
from storage.people import forget_place
from storage.schema import guilds, jobs, upload_limits
from storage.sqlite_copies import forget_server_in_copies


class Forgotten(NamedTuple):
    """How much was deleted."""

    guilds: int = 0
    jobs: int = 0


def _all(_guild_id: int) -> bool:
    return True


class Guilds(Forgetting):
    """The part of the store that knows where the bot is a member."""

    async def see_guilds(
        self, here: Collection[int], *, now: float, among: Callable[[int], bool] = _all
    ) -> None:
        """Record that of the servers `among`, the bot is in exactly these; it just left any other.

        If the bot is back in a server, the date of leaving is removed.
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
                if left_at is None and guild_id not in here and among(guild_id):
                    connection.execute(_dated(guild_id, now))

        await self._connections.write(note)

    async def forget_guilds(
        self,
        *,
        now: float,
        left_older_s: float,
        slots_kept_s: float = 0.0,
        among: Callable[[int], bool] = _all,
    ) -> Forgotten:
        """Delete all jobs of each server `among` that was left at least this many seconds ago.

        Open jobs too: a result that had no place there was delivered elsewhere or never picked up.
        A running step loses its claim. Jobs that members started there through their own
        application after the bot had left are not the server's, and stay.
        """
        long_ago = guilds.c.left_at <= now - left_older_s
        left = select(guilds.c.guild_id, guilds.c.left_at).where(long_ago)
        gone = await self._connections.read(lambda here: here.execute(left).all())
        forgotten = Forgotten()
        gone = [row for row in gone if among(row.guild_id)]
        for guild_id, left_at in gone:
            same = and_(guilds.c.guild_id == guild_id, guilds.c.left_at == left_at)
            still = select(guilds.c.guild_id).where(same).exists()
            count = await self._forget(
                and_(jobs.c.guild_id == guild_id, jobs.c.created_at <= left_at, still),
                now=now,
                slots_kept_s=slots_kept_s,
            )
            limits = delete(upload_limits).where(upload_limits.c.guild_id == guild_id, still)
            await self._connections.write(rows_of(limits))
            await self._connections.write(
                partial(_forget_if, still=still, guild_id=guild_id, now=now)
            )
            copies = partial(forget_server_in_copies, guild_id=guild_id)
            await self._connections.in_copies(copies)
            went = await self._connections.write(rows_of(delete(guilds).where(same)))
            forgotten = Forgotten(forgotten.guilds + went, forgotten.jobs + count)
        if gone:
            await self._connections.tidy()
        return forgotten


def _forget_if(connection: Connection, *, still: Exists, guild_id: int, now: float) -> None:
    if connection.execute(select(still)).scalar_one():
        forget_place(connection, guild_id)
        forget_server_in_books(connection, guild_id, now)


def _dated(guild_id: int, left_at: float | None) -> Update:
    return update(guilds).where(guilds.c.guild_id == guild_id).values(left_at=left_at)
