"""`/readyz` and `/metrics`: for orchestrators and Prometheus, behind the token.

A caller that asks all the time, or never reads, costs one look in seconds and one connection.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Final

import structlog
from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

TEXT_FORMAT: Final = "text/plain; version=0.0.4; charset=utf-8"
KEPT_S: Final = 5.0
"""How long one text serves every scraper."""
READ_WITHIN_S: Final = 5.0
"""A scraper that has not taken the text by then is cut off."""

Ready = Callable[[], Awaitable[Mapping[str, bool]]]
Text = Callable[[], Awaitable[bytes]]
_log = structlog.get_logger(__name__)


def add_watch_pages(app: web.Application, ready: Ready, text: Text | None) -> None:
    """Add `GET /readyz`, and `GET /metrics` unless `text` is None.

    `ready` tells for each part whether it works. The answer is 200, or 503 with the names of those
    that do not. Both must return soon, whatever has failed.
    """
    app.router.add_get("/readyz", _ready_page(ready))
    if text is not None:
        app.router.add_get("/metrics", _metrics_page(text))


def _ready_page(ready: Ready) -> Handler:
    async def page(_request: web.Request) -> web.StreamResponse:
        parts = await ready()
        missing = [part for part, works in parts.items() if not works]
        status = HTTPStatus.SERVICE_UNAVAILABLE if missing else HTTPStatus.OK
        return web.json_response(
            {"ready": not missing, "not_ready": missing},
            status=status,
            headers={hdrs.CACHE_CONTROL: "no-store"},
        )

    return page


def _metrics_page(text: Text) -> Handler:
    looking = asyncio.Lock()
    known, known_until = b"", 0.0

    async def latest() -> bytes:
        nonlocal known, known_until
        now = asyncio.get_running_loop().time
        async with looking:
            if now() >= known_until:
                known = await text()
                known_until = now() + KEPT_S
            return known

    async def page(request: web.Request) -> web.StreamResponse:
        written = await latest()
        headers = {hdrs.CONTENT_TYPE: TEXT_FORMAT, hdrs.CONTENT_LENGTH: str(len(written))}
        response = web.StreamResponse(headers=headers)
        try:
            async with asyncio.timeout(READ_WITHIN_S):
                await response.prepare(request)
                await response.write(written)
                await response.write_eof()
        except TimeoutError:
            _log.info("metrics.not_read")
            if request.transport is not None:
                request.transport.abort()
        return response

    return page
