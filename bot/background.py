"""Tasks that nobody waits for, and that do not outlive who began them."""

import asyncio
from collections.abc import Coroutine
from typing import Any, Final

import structlog

CANCELLED_WITHIN_S: Final = 5.0
"""Longer than any of them needs to notice; then the process ends without it."""

log = structlog.get_logger(__name__)


class Background:
    """Begins tasks, says in the log how one failed, and ends all of them with `close`."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def begin(self, work: Coroutine[Any, Any, Any]) -> None:
        """Have this done soon; what it raises ends up in the log."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    async def close(self) -> None:
        """Cancel what is left and return when it has ended."""
        left = set(self._tasks)
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left, timeout=CANCELLED_WITHIN_S)

    def _ended(self, task: "asyncio.Task[Any]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("background.failed", exc_info=error)


async def cancelled(task: "asyncio.Future[Any]") -> None:
    """Cancel it and return when it has ended; a failure of its own ends up in the log."""
    task.cancel()
    await asyncio.wait({task})
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("background.failed", exc_info=error)
