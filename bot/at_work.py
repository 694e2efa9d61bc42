"""Keeps the job worker running beside the rest of a process, and drains it at the end."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import structlog

from bot.background import cancelled, kept_running
from bot.working import Working

log = structlog.get_logger(__name__)


@contextlib.asynccontextmanager
async def background_work(
    working: Working, grace_s: float, hurry: asyncio.Event | None
) -> AsyncIterator[None]:
    """Work in the background during the block; then drain for `grace_s`, unless `hurry` is set."""
    clock = working.clock
    tasks = [
        asyncio.create_task(working.worker.run(), name="worker"),
        *(
            asyncio.create_task(
                kept_running(name, work, clock, working.background_failed), name=name
            )
            for name, work in (
                ("housekeeper", working.housekeeper.run),
                ("wakeups", working.wakeups.run),
            )
        ),
    ]
    try:
        yield
    finally:
        log.info("app.stopping")
        await working.worker.stop(grace_s, hurry)
        for task in tasks:
            await cancelled(task)
        await working.leave()
