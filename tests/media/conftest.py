"""A worker without a loop of its own, a server to download from, and a downloader."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Protocol, TypeVar

import pytest
from aiohttp import web

from bot.media.download import Downloader
from bot.media.pool import MediaPool
from tests.harness.media.serving import Server

Result = TypeVar("Result")


class InWorker(Protocol):
    """Runs a task in a worker and waits; Hypothesis calls a plain function many times."""

    def __call__(self, fn: Callable[..., Result], *args: object) -> Result: ...


@pytest.fixture(scope="package")
def in_worker() -> Iterator[InWorker]:
    with asyncio.Runner() as runner:
        pool = MediaPool(size=1)

        def run(fn: Callable[..., Result], *args: object) -> Result:
            return runner.run(pool.run(fn, *args))

        yield run
        runner.run(pool.close())


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    server = Server()
    app = web.Application()
    app.router.add_get("/{path:.*}", server.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.port = runner.addresses[0][1]
    yield server
    server.released.set()
    await runner.cleanup()


@pytest.fixture
async def downloader() -> AsyncIterator[Downloader]:
    async with Downloader(frozenset({"127.0.0.1"})) as downloader:
        yield downloader


@pytest.fixture(scope="module", autouse=True)
def workers_are_measured(measured: None) -> None:
    """What a worker does is seen by nobody else."""
