"""Queries of tasks that come up together are one request, of up to twenty.

Kling's `/tasks` reads tasks of any product, by its newer generation's API (Kling's documentation,
2026-09; legacy tasks too, seen in 2026-09 by one client). With a pair of access keys, which that
API refuses, a page of the product's list does the same. What a batch leaves out is asked for by its
own route: only that can say that there is no such task.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import structlog

from bot.clock import Clock
from bot.domain.requests import Route
from bot.errors import (
    KlingError,
    KlingNotFound,
    KlingToldNo,
    KlingUnreachable,
)
from bot.kling.client import Kling
from bot.kling.tasks import Task, TaskStatus

BATCH_MAX: Final = 20
"""Kling's limit: more ids in one request are refused."""
LIST_FROM: Final = 4
"""From so many tasks of one product on, a page of its list is cheaper than asking for each."""
LEFT_OUT_MAX: Final = 3
"""A service that so often leaves out tasks that exist, or fails where their routes answer, does not
read tasks of every product."""
FORGOTTEN_AFTER_S: Final = 86_400.0

log = structlog.get_logger(__name__)


@dataclass(slots=True, eq=False)
class _Asked:
    route: Route
    task_id: str
    answer: "asyncio.Future[Task]" = field(repr=False)


class Questions:
    """Asks Kling for tasks, together where it can.

    `refused_at` is when the other side was last found not to read batches (Unix seconds), or None;
    `on_refused` is called with a new such moment, so that the caller can store it.
    """

    def __init__(
        self,
        kling: Kling,
        clock: Clock,
        *,
        refused_at: float | None = None,
        on_refused: Callable[[float], None] | None = None,
    ) -> None:
        self._kling = kling
        self._clock = clock
        self._refused_at = refused_at
        self._on_refused = on_refused
        self._waiting: list[_Asked] = []
        self._left_out = 0

    async def query(self, route: Route, task_id: str) -> Task:
        """Return the task as it is now; raises as `Kling.query` does. Free of charge.

        Whoever asks first waits for one pass of the event loop, and then asks for all.
        """
        asked = _Asked(route, task_id, asyncio.get_running_loop().create_future())
        self._waiting.append(asked)
        if len(self._waiting) == 1:
            together = self._waiting
            try:
                try:
                    await asyncio.sleep(0)
                finally:  # even if this was cut short: nobody else would ask for them
                    self._waiting = []
                await self._read(together)
            finally:
                for one in together:
                    if not one.answer.done() and one is not asked:
                        one.answer.set_exception(KlingUnreachable("cut_short"))
        return await asked.answer

    async def _read(self, together: Sequence[_Asked]) -> None:
        parts = [together[at : at + BATCH_MAX] for at in range(0, len(together), BATCH_MAX)]
        await asyncio.gather(*map(self._part, parts))

    async def _part(self, part: Sequence[_Asked]) -> None:
        """Answer each of these, whatever fails."""
        try:
            await self._together(part)
        except Exception as error:
            log.exception("kling.not_asked")
            _fail(part, error)

    async def _together(self, part: Sequence[_Asked]) -> None:
        if len(part) == 1:
            await self._one_by_one(part)
        elif self._kling.signs:
            await self._from_lists(part)
        elif self._reads_batches():
            await self._from_batch(part)
        else:
            await self._one_by_one(part)

    async def _from_batch(self, part: Sequence[_Asked]) -> None:
        try:
            tasks = await self._kling.query_many([one.task_id for one in part])
        except KlingUnreachable as nothing_sent:
            _fail(part, nothing_sent)
        except Exception as error:  # noqa: BLE001 - one task's, perhaps: each is asked for alone
            await self._without_batch(part, error)
        else:
            left = self._answered(part, tasks)
            await self._one_by_one(left)
            self._count(left)

    async def _without_batch(self, part: Sequence[_Asked], error: Exception) -> None:
        """Let one task find out by its own route whether the trouble is the batch's or everybody's.

        A service may answer anything on a path that it does not have, and a key may not be admitted
        to it. Where the route answers, the others follow; where it fails too, they are not asked.
        """
        if isinstance(error, KlingToldNo) and error.no_such_path:
            self._refuse("no_such_path")
            await self._one_by_one(part)
            return
        first, *others = part
        await self._own(first)
        trouble = None if first.answer.cancelled() else first.answer.exception()
        if isinstance(trouble, KlingError) and not isinstance(trouble, KlingNotFound):
            _fail(others, trouble)
            return
        self._missed(1)
        await self._one_by_one(others)

    async def _from_lists(self, part: Sequence[_Asked]) -> None:
        """A page for each product with many; the others, and what a page lacks, by themselves."""
        products = Counter(one.route for one in part)
        left: list[_Asked] = []
        for route, count in products.items():
            these = [one for one in part if one.route is route]
            if count < LIST_FROM:
                left += these
                continue
            try:
                tasks = await self._kling.newest(route)
            except Exception as error:  # noqa: BLE001 - as of a batch
                log.info("kling.list_not_read", route=route.value, error=type(error).__name__)
                left += these
            else:
                left += self._answered(these, tasks)
        await self._one_by_one(left)

    def _answered(self, part: Sequence[_Asked], tasks: Sequence[Task]) -> list[_Asked]:
        """Give each its task; return those without one, or whose media can't be read in it."""
        found = {task.task_id: task for task in tasks}
        left = []
        for one in part:
            task = found.get(one.task_id)
            if task is None or (task.status is TaskStatus.SUCCEED and not task.media):
                left.append(one)
            else:
                self._hear(one, task)
        return left

    async def _one_by_one(self, part: Sequence[_Asked]) -> None:
        await asyncio.gather(*map(self._own, part))

    def _hear(self, one: _Asked, task: Task) -> None:
        try:
            self._kling.heard(one.route, task)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is this task's
            _fail([one], error)
        else:
            _answer(one, task)

    async def _own(self, one: _Asked) -> None:
        try:
            task = await self._kling.query(one.route, one.task_id)
        except Exception as error:  # noqa: BLE001 - as above
            _fail([one], error)
        else:
            _answer(one, task)

    def _count(self, left: Sequence[_Asked]) -> None:
        """Count what a batch left out although it exists; too much of it, and none is asked for."""
        exist = [one for one in left if not one.answer.cancelled() and not one.answer.exception()]
        self._missed(len(exist))

    def _missed(self, count: int) -> None:
        """Count what a route tells and the batch does not."""
        self._left_out += count
        if self._left_out >= LEFT_OUT_MAX:
            self._refuse("tasks_left_out")

    def _reads_batches(self) -> bool:
        if self._refused_at is None:
            return True
        age_s = self._clock.now() - self._refused_at
        return not 0 <= age_s < FORGOTTEN_AFTER_S

    def _refuse(self, why: str) -> None:
        log.info("kling.no_batches", why=why)
        self._left_out = 0
        self._refused_at = self._clock.now()
        if self._on_refused is not None:
            self._on_refused(self._refused_at)


def _answer(one: _Asked, task: Task) -> None:
    if not one.answer.done():
        one.answer.set_result(task)


def _fail(part: Sequence[_Asked], error: Exception) -> None:
    for one in part:
        if not one.answer.done():
            one.answer.set_exception(error)
