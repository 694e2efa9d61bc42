"""What one process of many does for all: the housekeeper, until another one has to.

The role is a lease (`storage.roles`). Who holds it does all duties; they write through the store of
their term, so that a housekeeper that was suspended does nothing once another one has begun.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import structlog

from bot.background import cancelled, kept_running
from bot.clock import Clock
from storage.errors import RoleLost, StorageError
from storage.roles import HOUSEKEEPER
from storage.store import JobStore

ROLE_S: Final = 45.0
"""A housekeeper that died is replaced within this and `LOOK_S`: less than a job's lease."""
RENEW_EVERY_S: Final = ROLE_S / 3
LOOK_S: Final = 5.0
"""How often the others look whether the role is free."""
LEAVING_S: Final = 1.0
"""How long the database may take for that."""

Duty = Callable[[JobStore], Awaitable[None]]
"""Runs until cancelled, with the store of its term."""

log = structlog.get_logger(__name__)


class Housekeeper:
    """Takes the role when it is free, and does the duties for as long as it has it."""

    def __init__(
        self,
        store: JobStore,
        clock: Clock,
        duties: Mapping[str, Duty],
        on_failure: Callable[[str], None],
    ) -> None:
        self._store = store
        self._clock = clock
        self._duties = duties
        self._on_failure = on_failure
        self._lost = asyncio.Event()

    async def take(self) -> int | None:
        """Take or keep the role; return its term, None if another process has it."""
        return await self._store.take_role(HOUSEKEEPER, now=self._clock.now(), lease_s=ROLE_S)

    async def run(self) -> None:
        """Wait for the role and do what belongs to it, until cancelled."""
        while True:
            try:
                term = await self.take()
            except StorageError as trouble:
                log.warning("housekeeper.role_unknown", reason=str(trouble))
                term = None
            if term is None:
                await self._clock.sleep(LOOK_S)
                continue
            log.info("housekeeper.begins", term=term)
            await self._serve(term)
            log.info("housekeeper.ended", term=term)

    async def leave(self) -> None:
        """Let another process have the role at once."""
        try:
            async with asyncio.timeout(LEAVING_S):
                await self._store.leave_role(HOUSEKEEPER)
        except (StorageError, TimeoutError):
            log.info("housekeeper.not_left")  # its lease ends by itself

    async def _serve(self, term: int) -> None:
        """Do the duties of a term until it is over."""
        self._lost.clear()
        store = self._store.of_term(HOUSEKEEPER, term)
        serving = [
            asyncio.create_task(self._do(name, duty, store), name=name)
            for name, duty in self._duties.items()
        ]
        held_until = self._clock.now() + ROLE_S
        try:
            while not self._lost.is_set() and self._clock.now() < held_until:
                await self._until_renewal()
                begun_at = self._clock.now()
                try:
                    if await self.take() != term:
                        return
                except StorageError as trouble:
                    log.warning("housekeeper.role_unknown", reason=str(trouble))
                else:
                    held_until = begun_at + ROLE_S
        finally:
            for task in serving:
                await cancelled(task)

    async def _until_renewal(self) -> None:
        """Return when the lease is to be renewed, or the role was lost; who is alone just rests."""
        if not self._store.shared:
            await self._lost.wait()
            return
        waiting = asyncio.ensure_future(self._clock.sleep(RENEW_EVERY_S))
        losing = asyncio.ensure_future(self._lost.wait())
        try:
            await asyncio.wait({waiting, losing}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await cancelled(waiting)
            await cancelled(losing)

    async def _do(self, name: str, duty: Duty, store: JobStore) -> None:
        """Do one duty, again if it fails, until the term is over."""

        async def once() -> None:
            try:
                await duty(store)
            except RoleLost:
                self._lost.set()
                await asyncio.Event().wait()

        await kept_running(name, once, self._clock, self._on_failure)
