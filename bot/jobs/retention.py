"""Servers and members that left: everything of theirs is deleted.

A server's data is deleted long after the process that has its shard heard that the bot left it; a
member leaves by asking for it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Final

import structlog

from bot.background import cancelled, each
from bot.clock import Clock
from bot.domain.policy.delivery import PICKUP_S
from bot.domain.sharding import SeenServers
from storage.errors import StorageUnavailable
from storage.forget_requests import ForgetRequest
from storage.store import JobStore

LOOK_EVERY_S: Final = 6 * 3_600.0
AGAIN_S: Final = 60.0
"""How soon it is tried again if the database could not be read or written."""

log = structlog.get_logger(__name__)


class Retention:
    """Deletes, long after the bot left a server, its data.

    `here` returns the servers that Discord last said the bot is in, None before it has said so. A
    server that Discord can't show because of an outage is among them: it was not left. Of a server
    on a shard that has listed nothing yet, or that another process runs, nothing is concluded.
    `in_discord` are steps that take back what is in Discord, copies of deleted jobs and files of
    hidden ones; each returns when to do so again.
    """

    def __init__(
        self,
        store: JobStore,
        clock: Clock,
        here: Callable[[], SeenServers | None],
        wake: Callable[[], None],
        in_discord: Sequence[Callable[[], Awaitable[float | None]]],
        *,
        late_s: float,
    ) -> None:
        self._store = store
        self._clock = clock
        self._here = here
        self._wake = wake
        self._in_discord = in_discord
        self._late_s = late_s
        self._to_look = asyncio.Event()
        self._looks_at = 0.0

    def look(self) -> None:
        """Request a sync of the stored list of servers, and what members want to be deleted.

        Requests are merged: the last sync sees the newest list.
        """
        self._to_look.set()

    async def follow(self) -> None:
        """Sync as often as requested and at intervals, for as long as the bot runs.

        If it can't be written now, it is tried again soon: a member may be waiting.
        """
        while True:
            await self._asked()
            self._to_look.clear()
            self._looks_at = self._clock.now() + LOOK_EVERY_S
            try:
                await self._bring_up_to_date()
            except StorageUnavailable as trouble:
                log.warning("guilds.not_noted", reason=trouble.reason)
                self._looks_at = self._clock.now() + AGAIN_S
            except Exception:
                self._to_look.set()  # whoever runs this begins it again
                raise

    async def _asked(self) -> None:
        """Return when a sync is requested, or is due: what was left may be old by now."""
        left_s = min(LOOK_EVERY_S, self._looks_at - self._clock.now())
        due = asyncio.ensure_future(self._clock.sleep(max(0.0, left_s)))
        asked = asyncio.ensure_future(self._to_look.wait())
        try:
            await asyncio.wait({due, asked}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await cancelled(due)
            await cancelled(asked)

    async def _bring_up_to_date(self) -> None:
        take_back = (partial(self._take_back, step) for step in self._in_discord)
        await each((self._forget_members, *take_back, self._sync_servers))

    async def _take_back(self, step: Callable[[], Awaitable[float | None]]) -> None:
        again_at = await step()
        if again_at is not None:
            self._looks_at = min(self._looks_at, again_at)

    async def _sync_servers(self) -> None:
        now = self._clock.now()
        here = self._here()
        if here is None:
            return
        known = here.shards.hear_of
        await self._store.see_guilds(here.guilds, now=now, among=known)
        forgotten = await self._store.forget_guilds(
            now=now, left_older_s=PICKUP_S, slots_kept_s=self._late_s, among=known
        )
        if forgotten.guilds:
            log.info("guilds.forgotten", guilds=forgotten.guilds, jobs=forgotten.jobs)
            self._wake()  # a deleted job may have held a slot

    async def _forget_members(self) -> None:
        """Delete everything of the members who asked for it; what was cut short is done again."""
        requests = await self._store.forget_requests()
        await each(partial(self._forget_member, request) for request in requests)

    async def _forget_member(self, request: ForgetRequest) -> None:
        jobs = await self._store.honour(request, now=self._clock.now(), slots_kept_s=self._late_s)
        if jobs is None:
            return  # another process has done it
        log.info("member.forgotten", jobs=jobs)
        self._wake()
