"""Fixtures: the playground on a free port, and pages that look at it, with a browser or without.

All run in the loop of the session, so that one browser serves every test of a worker and one
ground every test of a module that asks for a running bot.
"""

import inspect
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, async_playwright

from sandbox.kling import Script
from sandbox.playground.ground import Ground
from tests.harness.playground.browser import ARGUMENTS, DESKTOP, NewReader, Watch, chromium
from tests.harness.playground.grounds import patient_ground
from tests.harness.playground.page import OpenPage, Page

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give this folder's tests one loop."""
    for item in items:
        if item.path.is_relative_to(HERE) and inspect.iscoroutinefunction(_function(item)):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


def _function(item: pytest.Item) -> object:
    return item.function if isinstance(item, pytest.Function) else None


@pytest_asyncio.fixture(loop_scope="session")
async def ground(tmp_path: Path) -> AsyncIterator[Ground]:
    async with patient_ground(tmp_path) as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def playing(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Ground]:
    """A ground with the real bot in it, where every task ends at once."""
    async with patient_ground(tmp_path_factory.mktemp("ground")) as opened:
        opened.bot.kling.script(Script(queue_s=0, takes_s=0, times=None))
        await opened.bot.start_bot()
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest_asyncio.fixture(loop_scope="session")
async def open_page(ground: Ground, http: aiohttp.ClientSession) -> AsyncIterator[OpenPage]:
    async with AsyncExitStack() as stack:

        async def opened() -> Page:
            url = f"{ground.url}playground/socket"
            socket = await http.ws_connect(url, origin=ground.url.rstrip("/"))
            stack.push_async_callback(socket.close)
            return Page(socket)

        yield opened


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chrome() -> AsyncIterator[Browser]:
    """The browser; a test that uses it is skipped, with the reason, where there is none."""
    path = chromium()
    if path is None:
        pytest.skip("no browser here: apt-get install chromium")
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        try:
            yield launched
        finally:
            await launched.close()


@pytest.fixture
def watch() -> Iterator[Watch]:
    """What no page of the playground may do: every test in a browser ends with its check."""
    kept = Watch()
    yield kept
    kept.check()


@pytest_asyncio.fixture(loop_scope="session")
async def new_reader(chrome: Browser, watch: Watch) -> AsyncIterator[NewReader]:
    """Gives readers a browser of their own, as they like it, in which nothing is kept."""
    async with AsyncExitStack() as stack:

        async def new(**options: Any) -> BrowserContext:
            context = await chrome.new_context(**options)
            stack.push_async_callback(context.close)
            watch.over(context)
            return context

        yield new


@pytest_asyncio.fixture(loop_scope="session")
async def browser(new_reader: NewReader) -> BrowserContext:
    """A reader at a desk."""
    return await new_reader(**DESKTOP)
