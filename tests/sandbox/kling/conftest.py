"""A local Kling per test, over real sockets, on a clock that stands still."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from aiohttp import ClientSession, web

from sandbox.kling import LocalKling
from tests.harness import shelf
from tests.harness.end_to_end.samples import clip_with_faces, speech
from tests.harness.kling_caller import Caller, Files
from tests.harness.manual_clock import ManualClock

OpenWorld = Callable[..., Awaitable[Caller]]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def open_world(clock: ManualClock) -> AsyncIterator[OpenWorld]:
    async with AsyncExitStack() as stack:

        async def start(**settings: Any) -> Caller:
            world = await stack.enter_async_context(
                LocalKling(clock, **{"draw": shelf.result, **settings})
            )
            session = await stack.enter_async_context(ClientSession())
            headers = {"Authorization": f"Bearer {world.keys.api_key}"}
            return Caller(world, clock, session, headers)

        yield start


@pytest.fixture
async def kling(open_world: OpenWorld) -> Caller:
    return await open_world()


@pytest.fixture
async def files() -> AsyncIterator[Files]:
    served = Files()
    app = web.Application()
    app.router.add_get("/{name}", served.give)
    app.router.add_post("/hook", served.take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    served.base_url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield served
    await runner.cleanup()


@pytest.fixture(scope="session")
def duo() -> bytes:
    return clip_with_faces(2, 4.0, (640, 512), sound=True)


@pytest.fixture(scope="session")
def voice() -> bytes:
    return speech(3.0, "wav")
