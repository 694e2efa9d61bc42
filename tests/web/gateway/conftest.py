from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from bot.kling.auth import ApiKey, SigningKeys
from bot.kling.dialects import Dialect
from bot.kling.exchange import Exchange
from bot.kling.transport import Timeouts
from bot.web.gateway import make_gateway
from sandbox.kling import LocalKling
from tests.harness import shelf
from tests.harness.kling.stub import dice, serving
from tests.harness.manual_clock import ManualClock

OpenGateway = Callable[..., Awaitable["Caller"]]
SECRET = "local-secret-key-0123456789abcdef"


@dataclass(frozen=True)
class Said:
    status: int
    headers: Any
    text: str
    body: Any


@dataclass
class Caller:
    """A caller with an HTTP client and the URL of a gateway."""

    base_url: str
    session: aiohttp.ClientSession

    async def post(self, path: str, body: object = None, **options: Any) -> Said:
        options = {"json": body} | options if "data" not in options else options
        async with self.session.post(f"{self.base_url}{path}", **options) as response:
            return await said(response)

    async def get(self, path: str, **options: Any) -> Said:
        async with self.session.get(f"{self.base_url}{path}", **options) as response:
            return await said(response)


async def said(response: aiohttp.ClientResponse) -> Said:
    return Said(response.status, response.headers, await response.text(), await response.json())


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def local(clock: ManualClock) -> AsyncIterator[LocalKling]:
    async with LocalKling(clock, draw=shelf.result) as world:
        yield world


@pytest.fixture
async def open_gateway(clock: ManualClock) -> AsyncIterator[OpenGateway]:
    """Opens a gateway before any upstream, and a caller of it."""
    async with AsyncExitStack() as stack:

        async def open_one(
            upstream_url: str,
            *,
            api_token: str = "",
            timeouts: Timeouts | None = None,
            key: str = "",
        ) -> Caller:
            upstream = Exchange(
                upstream_url,
                dialect=Dialect.OFFICIAL,
                auth=ApiKey(key) if key else SigningKeys("local-access-key", SECRET, clock),
                clock=clock,
                rng=dice(),
                timeouts=timeouts,
                question_tries=1,
            )
            await stack.enter_async_context(upstream)
            app = make_gateway(upstream, api_token=api_token)
            base_url = await stack.enter_async_context(serving(app))
            session = await stack.enter_async_context(aiohttp.ClientSession())
            return Caller(base_url, session)

        yield open_one


@pytest.fixture
async def gateway(open_gateway: OpenGateway, local: LocalKling) -> Caller:
    return await open_gateway(local.base_url)
