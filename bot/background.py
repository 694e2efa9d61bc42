"""Tasks that no one waits for and that do not outlive their owner."""

import asyncio
from collections.abc import Coroutine
from typing import Any, Final

import structlog

CANCELLED_WITHIN_S: Final = 5.0
"""Longer than any of them needs to react; after that the process ends without it."""

log = structlog.get_logger(__name__)


class Background:
    """Starts tasks, logs their failures, and ends all of them with `close`."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def begin(self, work: Coroutine[Any, Any, Any]) -> None:
        """Run this soon; its exceptions are logged."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    async def close(self) -> None:
        """Cancel what is left and return once it has ended."""
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
    """Cancel it and return once it has ended; a failure of its own is logged."""
    task.cancel()
    await asyncio.wait({task})
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("background.failed", exc_info=error)
