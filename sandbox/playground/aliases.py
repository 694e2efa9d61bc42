"""The page's IPv6 URL, `http://[::1]:PORT/`: it only redirects to the real one."""

import contextlib
from collections.abc import AsyncIterator
from typing import Final

from aiohttp import web

from sandbox.playground.guard import elsewhere

LOOPBACK_6: Final = "::1"


@contextlib.asynccontextmanager
async def aliases(url: str, port: int) -> AsyncIterator[None]:
    """Redirect IPv6 requests for `port` to `url`, if this machine has IPv6.

    A browser that is given `localhost` tries this address first. Nothing else is served here, and a
    machine without IPv6 loses nothing: the browser falls back to 127.0.0.1.
    """

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        raise elsewhere(request, url)

    runner = web.ServerRunner(web.Server(answer, access_log=None))
    await runner.setup()
    with contextlib.suppress(OSError):
        await web.TCPSite(runner, LOOPBACK_6, port).start()
    try:
        yield
    finally:
        await runner.cleanup()
