"""Runs a process until it is told to stop, or ends by itself."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Final, TypeVar

import structlog

from bot.stop_signals import on_signals

DRAIN_SHARE: Final = 0.75
"""The share of the grace time for running steps; the rest is for closing connections."""

Running = TypeVar("Running")

log = structlog.get_logger(__name__)


def _never(_running: object) -> "asyncio.Future[None] | None":
    return None


async def until_stopped(
    opening: Callable[[asyncio.Event], AbstractAsyncContextManager[Running]],
    ended: Callable[[Running], "asyncio.Future[None] | None"] = _never,
) -> int:
    """Keep open what `opening` opens until SIGTERM or SIGINT, and return 0.

    It is given the event that a second signal sets: to cut the draining short. It also ends, with
    the exception, if the future that `ended` returns does. A start may be broken off anywhere.
    """
    signals = on_signals()
    starting = asyncio.create_task(_cancel_on(signals.once, asyncio.current_task()))
    try:
        async with opening(signals.again) as running:
            starting.cancel()  # from here on, stopping is orderly
            stopping = asyncio.ensure_future(signals.once.wait())
            by_itself = ended(running)
            waiting: set[asyncio.Future[Any]] = {stopping}
            if by_itself is not None:
                waiting.add(by_itself)
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            stopping.cancel()
            if by_itself is not None and by_itself.done():
                by_itself.result()
    except asyncio.CancelledError:
        if not signals.once.is_set():
            raise
        log.info("app.stopped_while_starting")
    finally:
        starting.cancel()
    return 0


async def _cancel_on(event: asyncio.Event, task: "asyncio.Task[Any] | None") -> None:
    await event.wait()
    if task is not None:
        task.cancel()
