"""Fetching what came with commands, a few files at a time."""

import asyncio
import contextlib
import io
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

from aiohttp import web
from PIL import Image

from bot.domain.requests import Offered
from bot.jobs.inputs import FETCH_AT_ONCE, INPUTS_MAX_BYTES, Inputs, notes
from bot.media.download import Downloader
from bot.media.pool import MediaPool
from storage.job import StoredInput
from tests.harness.town import picture

MANY = 10


def heavy_picture(side: int = 1_200) -> bytes:
    """Return a picture that Kling takes as it is, and that is more than a tenth of what fits."""
    made = io.BytesIO()
    Image.frombytes("RGB", (side, side), os.urandom(3 * side * side)).save(made, "PNG")
    return made.getvalue()


@contextlib.asynccontextmanager
async def fetching(
    serve: Callable[[web.Request], Awaitable[web.Response]], names: Sequence[str]
) -> AsyncIterator["asyncio.Task[tuple[StoredInput, ...]]"]:
    """Fetch a picture under each name from a server that answers as `serve` does."""
    app = web.Application()
    app.router.add_get("/{name}", serve)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host = f"127.0.0.1:{runner.addresses[0][1]}"
    offered = [Offered(name, "p.png", f"http://{host}/{name}", 100) for name in names]
    async with Downloader(private_hosts=frozenset({host})) as downloader, MediaPool() as workers:
        yield asyncio.create_task(Inputs(downloader, workers).fetch(offered))
    await runner.cleanup()


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

    names = [f"image_{n}" for n in range(2 * FETCH_AT_ONCE)]
    async with fetching(serve, names) as fetched:
        await full.wait()
        go_on.set()
        stored = await fetched
    assert most == FETCH_AT_ONCE
    assert [one.name for one in stored] == names


async def test_many_large_pictures_are_made_to_fit_together() -> None:
    """Ten pictures that are too large to be stored together are made smaller, not refused."""
    large = heavy_picture()
    assert MANY * len(large) > INPUTS_MAX_BYTES

    async def serve(_request: web.Request) -> web.Response:
        return web.Response(body=large)

    async with fetching(serve, [f"image_{n}" for n in range(MANY)]) as fetched:
        stored = await fetched
    assert len(stored) == MANY
    assert sum(len(one.data) for one in stored) <= INPUTS_MAX_BYTES


async def test_what_fits_together_is_left_as_it_is() -> None:
    """One picture above its even share is not made smaller while small ones leave it the room."""
    small, large = picture(), heavy_picture()
    assert len(large) > INPUTS_MAX_BYTES // MANY
    names = [f"image_{n}" for n in range(MANY)]

    async def serve(request: web.Request) -> web.Response:
        return web.Response(body=large if request.match_info["name"] == names[0] else small)

    async with fetching(serve, names) as fetched:
        stored = await fetched
    assert [one.data for one in stored] == [large, *[small] * (MANY - 1)]
    assert notes(stored) == []


async def test_only_the_large_ones_of_too_many_are_made_smaller() -> None:
    """Where they do not fit, those within an even share stay as they are, and so does the order."""
    small, large = picture(), heavy_picture(1_815)
    names = [f"image_{n}" for n in range(MANY)]
    light = set(names[::2])
    assert len(large) * (MANY - len(light)) > INPUTS_MAX_BYTES

    async def serve(request: web.Request) -> web.Response:
        return web.Response(body=small if request.match_info["name"] in light else large)

    async with fetching(serve, names) as fetched:
        stored = await fetched
    assert [one.name for one in stored] == names
    assert {one.name for one in stored if one.data == small} == light
    assert sum(len(one.data) for one in stored) <= INPUTS_MAX_BYTES
