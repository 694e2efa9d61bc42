"""A worker that tests may use without a loop of their own."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Protocol, TypeVar

import pytest

from bot.media.worker import MediaWorkers

Result = TypeVar("Result")


class InWorker(Protocol):
    """Runs a task in a worker and waits; Hypothesis calls a plain function many times."""

    def __call__(self, fn: Callable[..., Result], *args: object) -> Result: ...


@pytest.fixture(scope="package")
def in_worker() -> Iterator[InWorker]:
    with asyncio.Runner() as runner:
        pool = MediaWorkers(size=1)

        def run(fn: Callable[..., Result], *args: object) -> Result:
            return runner.run(pool.run(fn, *args))

        yield run
        runner.run(pool.close())
