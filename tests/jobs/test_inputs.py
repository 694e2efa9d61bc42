"""Fetching what came with commands, a few files at a time."""

import asyncio
import contextlib
import io
import os
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path

import pytest
from aiohttp import web
from PIL import Image

from bot.domain.requests import Offered
from bot.errors import RequestRefused
from bot.jobs.inputs import INPUTS_MAX_BYTES, Inputs, notes
from bot.media.download import Downloader
from bot.media.pool import MediaPool
from storage.contents import AT_HAND_MAX_BYTES, InFile
from storage.job import StoredInput
from storage.scratch import Scratch
from tests.harness.storage.contents import at_hand
from tests.harness.town import picture

MANY = 10


def heavy_picture(side: int = 1_200) -> bytes:
    """Return a picture that Kling takes as it is, and that is more than a tenth of what fits."""
    made = io.BytesIO()
    Image.frombytes("RGB", (side, side), os.urandom(3 * side * side)).save(made, "PNG")
    return made.getvalue()


@contextlib.asynccontextmanager
async def serving(
    serve: Callable[[web.Request], Awaitable[web.Response]],
) -> AsyncIterator[tuple[Inputs, Callable[[str, int], Offered]]]:
    """Give what fetches, and what makes an attachment of a name and a declared size."""
    app = web.Application()
    app.router.add_get("/{name}", serve)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host = f"127.0.0.1:{runner.addresses[0][1]}"

    def offer(name: str, size_bytes: int) -> Offered:
        return Offered(name, "p.png", f"http://{host}/{name}", size_bytes)

    with tempfile.TemporaryDirectory() as place:
        async with (
            Downloader(private_hosts=frozenset({host})) as downloader,
            MediaPool() as workers,
        ):
            yield Inputs(downloader, workers, Scratch(Path(place), locked=False)), offer
        with os.scandir(place) as left:
            assert list(left) == []
    await runner.cleanup()


@contextlib.asynccontextmanager
async def fetching(
    serve: Callable[[web.Request], Awaitable[web.Response]], names: Sequence[str]
) -> AsyncIterator["asyncio.Task[tuple[StoredInput, ...]]"]:
    """Fetch a picture under each name from a server that answers as `serve` does."""
    async with serving(serve) as (inputs, offer):
        offered = [offer(name, 100) for name in names]
        yield asyncio.create_task(inputs.fetch(offered, member=1))


@pytest.mark.sweep
async def test_the_files_of_a_command_come_one_after_the_other() -> None:
    """Of a command's files, one is opened while the next is fetched, and no more than that."""
    asked: list[str] = []
    under_way, most = 0, 0

    async def serve(request: web.Request) -> web.Response:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        asked.append(request.match_info["name"])
        await asyncio.sleep(0)
        under_way -= 1
        return web.Response(body=picture())

    names = [f"image_{n}" for n in range(MANY)]
    async with fetching(serve, names) as fetched:
        stored = await fetched
    assert most == 1
    assert asked == names
    assert [one.name for one in stored] == names


async def test_one_members_many_files_let_another_members_through() -> None:
    """While four commands of ten large files each wait for a server, another member's goes on."""
    held = asyncio.Event()

    async def serve(request: web.Request) -> web.Response:
        if request.match_info["name"] != "quick":
            await held.wait()
        return web.Response(body=picture())

    large = 4 * 1024 * 1024
    async with serving(serve) as (inputs, offer):
        slow = [
            asyncio.create_task(
                inputs.fetch([offer(f"image_{n}", large) for n in range(MANY)], member=1)
            )
            for _ in range(4)
        ]
        (stored,) = await inputs.fetch([offer("quick", large)], member=2)
        assert stored.name == "quick"
        assert not any(one.done() for one in slow)
        held.set()
        assert [len(found) for found in await asyncio.gather(*slow)] == [MANY] * 4


@pytest.mark.sweep
async def test_pictures_of_too_many_pixels_together_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The sum of all pictures is bounded by what was found in their headers, and is named."""
    monkeypatch.setattr("bot.jobs.inputs.PICTURES_MAX_PIXELS", 3 * 640 * 640)
    asked: list[str] = []

    async def serve(request: web.Request) -> web.Response:
        asked.append(request.match_info["name"])
        return web.Response(body=picture(640))

    async with fetching(serve, [f"image_{n}" for n in range(MANY)]) as fetched:
        with pytest.raises(RequestRefused) as refusal:
            await fetched
    (problem,) = refusal.value.problems
    assert problem.code == "pictures_too_many_pixels"
    assert len(asked) < MANY


@pytest.mark.sweep
async def test_many_large_pictures_are_made_to_fit_together() -> None:
    """Ten pictures that are too large to be stored together are made smaller, not refused."""
    large = heavy_picture()
    assert MANY * len(large) > INPUTS_MAX_BYTES

    async def serve(_request: web.Request) -> web.Response:
        return web.Response(body=large)

    async with fetching(serve, [f"image_{n}" for n in range(MANY)]) as fetched:
        stored = await fetched
    assert len(stored) == MANY
    assert sum(one.size_bytes for one in stored) <= INPUTS_MAX_BYTES


async def test_large_files_are_never_held_in_memory() -> None:
    """Until it is stored, a large file is on disk, without a name, while it is referred to."""
    small, large = picture(), heavy_picture(320)
    assert len(small) <= AT_HAND_MAX_BYTES < len(large)
    sent = {"image": large, "image_2": small, "image_3": large}

    async def serve(request: web.Request) -> web.Response:
        return web.Response(body=sent[request.match_info["name"]])

    async with fetching(serve, list(sent)) as fetched:
        stored = await fetched
    assert {one.name: at_hand(one) for one in stored} == sent
    first, second, third = (one.data for one in stored)
    assert second == small
    assert isinstance(first, InFile)
    assert isinstance(third, InFile)
    handle = first.spool.handle
    assert third.spool.handle == handle
    del stored, first, third, fetched
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(handle)


async def test_a_command_that_is_given_up_leaves_nothing() -> None:
    """Whenever it ends: its folder is gone, and what its threads have opened is closed."""

    async def serve(_request: web.Request) -> web.Response:
        return web.Response(body=picture())

    async with serving(serve) as (inputs, offer):
        for turns in range(40):
            fetched = asyncio.ensure_future(inputs.fetch([offer("image", 9)] * 2, member=1))
            for _ in range(turns):
                await asyncio.sleep(0)
            fetched.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await fetched


@pytest.mark.sweep
async def test_what_fits_together_is_left_as_it_is() -> None:
    """One picture above its even share is not made smaller while small ones leave it the room."""
    small, large = picture(), heavy_picture()
    assert len(large) > INPUTS_MAX_BYTES // MANY
    names = [f"image_{n}" for n in range(MANY)]

    async def serve(request: web.Request) -> web.Response:
        return web.Response(body=large if request.match_info["name"] == names[0] else small)

    async with fetching(serve, names) as fetched:
        stored = await fetched
    assert [at_hand(one) for one in stored] == [large, *[small] * (MANY - 1)]
    assert notes(stored) == []


@pytest.mark.sweep
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
    assert {one.name for one in stored if at_hand(one) == small} == light
    assert sum(one.size_bytes for one in stored) <= INPUTS_MAX_BYTES
