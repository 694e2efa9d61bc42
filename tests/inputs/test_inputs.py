"""Fetching what came with commands, a few files at a time."""

import asyncio

from aiohttp import web

from bot.inputs import FETCH_AT_ONCE, Inputs
from bot.media.download import Downloader
from bot.media.worker import MediaWorkers
from bot.requests import Offered
from tests.town import picture


async def test_only_a_few_files_are_in_memory_at_once() -> None:
    """However many pictures come together, no more than a few are fetched at the same moment."""
    under_way, most, full, go_on = 0, 0, asyncio.Event(), asyncio.Event()

    async def serve(_request: web.Request) -> web.Response:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        if under_way == FETCH_AT_ONCE:
            full.set()
        await go_on.wait()
        under_way -= 1
        return web.Response(body=picture())

    app = web.Application()
    app.router.add_get("/picture.png", serve)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host = f"127.0.0.1:{runner.addresses[0][1]}"
    offered = [
        Offered(f"image_{n}", "p.png", f"http://{host}/picture.png", 100)
        for n in range(2 * FETCH_AT_ONCE)
    ]
    async with Downloader(private_hosts=frozenset({host})) as downloader, MediaWorkers() as workers:
        fetching = asyncio.create_task(Inputs(downloader, workers).fetch(offered))
        await full.wait()
        go_on.set()
        stored = await fetching
    await runner.cleanup()
    assert most == FETCH_AT_ONCE
    assert [one.name for one in stored] == [one.name for one in offered]
