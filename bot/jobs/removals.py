"""The housekeeper's duty to characters that were deleted: Kling is asked until it says "gone".

Only elements that tasks of ours made are ever named: their ids were stored when the task ended, or
are asked of the task, by its id or by ours.
"""

import asyncio
from typing import Final, Literal

import structlog

from bot.background import cancelled
from bot.clock import Clock
from bot.domain.policy.backoff import DAY_S
from bot.domain.routes import Route
from bot.errors import KlingError, KlingNotFound
from bot.jobs.outages import Operator, Outages
from bot.kling.client import Kling
from bot.kling.tasks import Lookup, Task, TaskStatus
from storage.character import Removal
from storage.characters import WAIT_MAX_S
from storage.errors import StorageError, StorageUnavailable
from storage.store import JobStore

FIRST_WAIT_S: Final = 30.0
APART_S: Final = 1.0
"""Pause between two calls, so they don't delay others."""
LOOK_EVERY_S: Final = 60.0
"""How often it is looked for what other parts of the program, or other processes, owe."""
TOLD_AFTER_S: Final = DAY_S
ABSENT_TRIES: Final = 5
"""After so many looks a task that Kling would show does not exist."""
LOOKED_FOR_S: Final = 30 * DAY_S
"""So long Kling keeps tasks."""

log = structlog.get_logger(__name__)


class Removals:
    """Has elements deleted."""

    def __init__(
        self, kling: Kling, clock: Clock, outages: Outages, tell_operator: Operator
    ) -> None:
        self._kling = kling
        self._clock = clock
        self._outages = outages
        self._tell_operator = tell_operator
        self._to_look = asyncio.Event()

    def look(self) -> None:
        """Have it looked at once what is owed."""
        self._to_look.set()

    async def keep_removing(self, store: JobStore) -> None:
        """Delete what is owed when it is due, until cancelled."""
        while True:
            self._to_look.clear()
            try:
                await self._remove_due(store)
                look_at = await self._look_at(store)
            except StorageUnavailable as trouble:
                log.warning("removals.not_read", reason=trouble.reason)
                look_at = self._clock.now() + FIRST_WAIT_S
            await self._rest(look_at)

    async def _remove_due(self, store: JobStore) -> None:
        for number, removal in enumerate(await store.removals(now=self._clock.now())):
            if number:
                await self._clock.sleep(APART_S)
            if self._held_s():
                return
            await self._remove(store, removal)

    async def _remove(self, store: JobStore, removal: Removal) -> None:
        element_id = removal.element_id
        try:
            if element_id is None:
                element_id, settled = await self._made(removal)
                if settled:
                    await store.removal_done(removal)
                    return
            if element_id is not None:
                await self._kling.delete_element(element_id)
                await store.removal_done(removal)
                log.info("element.deleted", job_id=removal.id)
                return
        except KlingError as error:
            log.warning("element.not_deleted", job_id=removal.id, error=type(error).__name__)
        except StorageError:
            raise
        except Exception:
            # Unforeseen, perhaps at every try: the others are not to wait behind it.
            log.exception("element.not_deleted", job_id=removal.id)
        now = self._clock.now()
        wait_s = min(WAIT_MAX_S, FIRST_WAIT_S * 2.0 ** min(removal.tries, 16))
        told = removal.told
        if not told and now - removal.asked_at >= TOLD_AFTER_S:
            element = element_id or f"job {removal.id}"
            told = await self._tell_operator("operator.element_not_deleted", element=element)
        await store.removal_again(removal, due_at=now + wait_s, element_id=element_id, told=told)

    async def _made(self, removal: Removal) -> tuple[str | None, bool]:
        """Return the element that the task has made, and whether there is surely none."""
        task = await self._task(removal)
        if task is None:
            by_id = removal.task_id is not None
            proven = by_id or self._kling.lookup(Route.ELEMENTS) is Lookup.PROVES
            looked_long = self._clock.now() - removal.asked_at >= LOOKED_FOR_S
            return None, looked_long or (proven and removal.tries + 1 >= ABSENT_TRIES)
        if task.status is TaskStatus.SUCCEED:
            return task.element_id, False
        return None, task.status is TaskStatus.FAILED

    async def _task(self, removal: Removal) -> Task | None:
        """Return the task of the job; one that does not show our id is somebody else's."""
        try:
            if removal.task_id is not None:
                return await self._kling.query(Route.ELEMENTS, removal.task_id)
            found = await self._kling.find(Route.ELEMENTS, removal.id)
        except KlingNotFound:
            return None
        return found if found is not None and found.external_id == removal.id else None

    def _held_s(self) -> float:
        """Return how long nothing is to be sent to Kling."""
        until = self._outages.held_until()
        return 0.0 if until is None else max(0.0, until - self._clock.now())

    async def _look_at(self, store: JobStore) -> float:
        """Return when to look again (Unix seconds)."""
        next_at, now = await store.next_removal_at(), self._clock.now()
        others_at = now + LOOK_EVERY_S
        if next_at is None:
            return others_at
        own_at = max(min(next_at, now + WAIT_MAX_S), now + max(APART_S, self._held_s()))
        return min(own_at, others_at)

    async def _rest(self, until: float) -> None:
        asked = asyncio.ensure_future(self._to_look.wait())
        waiting = [asked, asyncio.ensure_future(_slept(self._clock, until))]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                await cancelled(task)


async def _slept(clock: Clock, until: float) -> Literal[True]:
    await clock.sleep(max(0.0, until - clock.now()))
    return True
