"""Tasks that no one waits for and that do not outlive their owner."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any, Final, TypeVar

import structlog

from bot.clock import Clock
from storage.errors import RoleLost, StorageUnavailable

CANCELLED_WITHIN_S: Final = 5.0
"""Longer than any of them needs to react; after that the process ends without it."""

RESTART_FIRST_S: Final = 1.0
RESTART_MAX_S: Final = 600.0
STEADY_S: Final = 3_600.0
"""What ran for so long and then fails is begun again as after its first failure."""

Made = TypeVar("Made")

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

    async def close(self, within_s: float = 0.0) -> None:
        """Cancel what is left after so many seconds and return once it has ended."""
        if within_s and self._tasks:
            await asyncio.wait(set(self._tasks), timeout=within_s)
        left = set(self._tasks)
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left, timeout=CANCELLED_WITHIN_S)

    def _ended(self, task: "asyncio.Task[Any]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("background.failed", exc_info=error)


async def kept_running(
    name: str,
    work: Callable[[], Awaitable[None]],
    clock: Clock,
    on_failure: Callable[[str], None],
) -> None:
    """Run `work` for as long as the process lives; if it fails, begin it again, later each time.

    `on_failure` is told the name at each failure; nothing waits for what it does.
    """
    wait_s = RESTART_FIRST_S
    while True:
        began = clock.now()
        try:
            await work()
        except Exception:
            wait_s = RESTART_FIRST_S if clock.now() - began >= STEADY_S else wait_s
            log.exception("background.failed", name=name, again_in_s=wait_s)
            on_failure(name)
        await clock.sleep(wait_s)
        wait_s = min(RESTART_MAX_S, 2 * wait_s)


async def each(steps: Iterable[Callable[[], Awaitable[object]]]) -> None:
    """Do all of these, also after one that failed unexpectedly, and raise its failure at the end.

    A database that can't be used, or a role that another process has now, ends it at once: it would
    fail the others as well. What had failed before that, or before it was cancelled, is logged.
    """
    failures: list[Exception] = []
    for step in steps:
        try:
            await step()
        except (StorageUnavailable, RoleLost, asyncio.CancelledError):
            for failure in failures:
                log.exception("background.failed", exc_info=failure)
            raise
        except Exception as failure:  # noqa: BLE001 - raised below
            failures.append(failure)
    if failures:
        raise ExceptionGroup("some of the steps failed", failures)


async def made(
    making: Coroutine[Any, Any, Made], unmake: Callable[[Made], Awaitable[object]]
) -> Made:
    """Return what is made. Cancelled meanwhile, it is made to its end and unmade first.

    For what a thread makes, which goes on whatever becomes of its caller.
    """
    future = asyncio.ensure_future(making)
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        with contextlib.suppress(Exception):
            await unmake(await future)
        raise


async def cancelled(task: "asyncio.Future[Any]") -> None:
    """Cancel it and return once it has ended; a failure of its own is logged."""
    task.cancel()
    await asyncio.wait({task})
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("background.failed", exc_info=error)
