"""The store waits in no thread that others need."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NoReturn

from storage.engine import open_database
from storage.scratch import open_scratch
from tests.harness.storage.tour import fill, tour


class Nobodys(ThreadPoolExecutor):
    """An executor that takes nothing on."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        return self._refuse(fn, args, kwargs)

    def _refuse(self, *work: object) -> NoReturn:
        raise AssertionError(f"asked to run {work}")


async def test_nothing_runs_in_the_default_executor(url: str) -> None:
    """Opening, every operation, and closing: strangers' names may fill that executor for ever."""
    asyncio.get_running_loop().set_default_executor(Nobodys())
    async with open_database(url, owner="bot") as database, open_scratch(url):
        await fill(database.jobs, 20)
        await tour(database.jobs)
        async with open_database(url, owner="operator", beside=True) as beside:
            await beside.jobs.counts()
