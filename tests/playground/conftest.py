"""Fixtures: the playground on a free port, and pages that look at it, with a browser or without."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import pytest
from playwright.async_api import BrowserContext, async_playwright

from bot.sandbox.playground.ground import Ground, open_ground
from tests.playground.browser import ARGUMENTS, Watch, chromium
from tests.playground.page import OpenPage, Page


@pytest.fixture
async def ground(tmp_path: Path) -> AsyncIterator[Ground]:
    async with open_ground(tmp_path) as opened:
        yield opened


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def open_page(ground: Ground, http: aiohttp.ClientSession) -> AsyncIterator[OpenPage]:
    async with AsyncExitStack() as stack:

        async def opened() -> Page:
            url = f"{ground.url}playground/socket"
            socket = await http.ws_connect(url, origin=ground.url.rstrip("/"))
            stack.push_async_callback(socket.close)
            return Page(socket)

        yield opened


@pytest.fixture
async def browser(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[BrowserContext]:
    """A fresh browser; a test that uses it is skipped, with the reason, where there is none."""
    path = chromium()
    if path is None:
        pytest.skip("no browser here: apt-get install chromium")
    async with async_playwright() as playwright:
        context = await playwright.chromium.launch_persistent_context(
            tmp_path_factory.mktemp("browser"),
            executable_path=path,
            args=ARGUMENTS,
            viewport={"width": 1200, "height": 800},
            locale="en-US",
            color_scheme="dark",
        )
        try:
            yield context
        finally:
            await context.close()


@pytest.fixture
def watch(browser: BrowserContext, ground: Ground) -> Watch:
    """Keeps what no page of the playground may do; tests end with `watch.check()`."""
    return Watch(browser, ground.url)
