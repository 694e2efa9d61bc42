from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from bot.domain.requests import Route
from bot.kling.auth import ApiKey, Credentials, GatewayToken, SigningKeys
from bot.kling.client import Kling
from bot.kling.dialects import Dialect
from bot.kling.exchange import Exchange
from bot.kling.tasks import Task
from bot.web.gateway import make_gateway
from sandbox.kling import LocalKling
from tests.harness import shelf
from tests.harness.end_to_end.samples import clip_with_faces
from tests.harness.kling.stub import LeapingClock, dice, serving
from tests.harness.manual_clock import ManualClock

LONG_S = 100.0
OpenWorld = Callable[..., Awaitable["World"]]
MakeKling = Callable[..., Awaitable[Kling]]


@dataclass
class World:
    local: LocalKling
    kling: Kling
    base_url: str
    clock: ManualClock

    async def finished(self, route: Route, task: Task) -> Task:
        """The task once it has ended."""
        self.clock.advance(LONG_S)
        return await self.kling.query(route, task.task_id)


def auth_for(local: LocalKling, clock: ManualClock, keys: str) -> Credentials:
    if keys == "api_key":
        return ApiKey(local.keys.api_key)
    return SigningKeys(local.keys.access_key, local.keys.secret_key, clock)


@pytest.fixture
def clock() -> LeapingClock:
    return LeapingClock()


@pytest.fixture(scope="session")
def two_faces() -> bytes:
    return clip_with_faces(2, 4.0, (640, 512), sound=True)


@pytest.fixture
def standing() -> ManualClock:
    return ManualClock()


@pytest.fixture(params=Dialect)
def dialect(request: pytest.FixtureRequest) -> Dialect:
    return Dialect(request.param)


@pytest.fixture
async def open_world(standing: ManualClock) -> AsyncIterator[OpenWorld]:
    """Opens a local Kling, our gateway before it where asked for, and a client of either."""
    async with AsyncExitStack() as stack:

        async def open_one(dialect: Dialect, *, keys: str = "pair", **options: Any) -> World:
            local = await stack.enter_async_context(
                LocalKling(standing, **{"draw": shelf.result, **options})
            )
            upstream = auth_for(local, standing, keys)
            base_url, auth = local.base_url, upstream
            if dialect is Dialect.GATEWAY:
                exchange = Exchange(
                    base_url,
                    dialect=Dialect.OFFICIAL,
                    auth=upstream,
                    clock=standing,
                    rng=dice(),
                    question_tries=1,
                )
                await stack.enter_async_context(exchange)
                app = make_gateway(exchange, api_token="gate")
                base_url = await stack.enter_async_context(serving(app))
                auth = GatewayToken("gate")
            client = Kling(base_url, dialect=dialect, auth=auth, clock=standing, rng=dice())
            return World(local, await stack.enter_async_context(client), base_url, standing)

        yield open_one


@pytest.fixture
async def make_kling(clock: LeapingClock) -> AsyncIterator[MakeKling]:
    """Opens clients for any base URL and closes them after the test."""
    async with AsyncExitStack() as stack:

        async def make(base_url: str, dialect: Dialect = Dialect.OFFICIAL, **options: Any) -> Kling:
            keys = ApiKey("k-123") if dialect is Dialect.OFFICIAL else GatewayToken()
            defaults = {"auth": keys, "clock": clock, "rng": dice()}
            client = Kling(base_url, dialect=dialect, **(defaults | options))
            return await stack.enter_async_context(client)

        yield make
