"""Orders that arrive twice although one was meant: the second gets the answer of the first.

A browser sends a POST again by itself, up to three times, when a connection closes without an
answer. Without an id of the caller's own, Kling would make and charge a task for each.

The bot never does, and two orders of its own that are alike are of two members: both are meant.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final

from aiohttp import hdrs, web

from bot.errors import KlingToldNo, KlingUnreachable
from bot.kling.known_ids import CARRIES_AN_ID
from bot.kling.transport import USER_AGENT

KEPT_S: Final = 5.0
"""How long after its end an order is remembered. Repeats come at once; a person needs longer."""
NAMES_THE_CALLER: Final = (
    hdrs.AUTHORIZATION,
    hdrs.USER_AGENT,
    hdrs.ORIGIN,
    hdrs.COOKIE,
    hdrs.X_FORWARDED_FOR,
)


def digest(request: web.Request, body: bytes) -> bytes:
    """Return what tells this caller's order from all others. Slow for many megabytes."""
    told = hashlib.sha256()
    for part in (request.remote or "", *(request.headers.get(n, "") for n in NAMES_THE_CALLER)):
        told.update(f"{len(part)}:{part}".encode(errors="surrogateescape"))
    told.update(f"{request.path}:".encode())
    told.update(body)
    return told.digest()


class Repeats:
    """The orders under way, and those that ended a moment ago."""

    def __init__(self, kept_s: float = KEPT_S) -> None:
        self._kept_s = kept_s
        self._orders: dict[bytes, asyncio.Future[Any]] = {}

    async def answer(
        self,
        request: web.Request,
        body: bytes,
        order: Callable[[], Awaitable[Any]],
        *,
        has_key: bool,
    ) -> Any:
        """Return the result of a caller's order, or that of the one which it repeats.

        `has_key`: the id in the body is the caller's `Idempotency-Key`, with which it may repeat.
        """
        # Of any other id, Kling refuses a second order in words of its own.
        named = CARRIES_AN_ID in body and not has_key
        if named or request.headers.get(hdrs.USER_AGENT) == USER_AGENT:
            return await order()
        return await self.once(await asyncio.to_thread(digest, request, body), order)

    async def once(self, key: bytes, order: Callable[[], Awaitable[Any]]) -> Any:
        """Return the result of the order of this key, which is carried out if there is none.

        It goes on if the caller leaves. What surely made no task is forgotten at once, so that it
        can be ordered again.
        """
        running = self._orders.get(key)
        if running is None:
            running = self._orders[key] = asyncio.ensure_future(order())
            running.add_done_callback(partial(self._ended, key))
        return await asyncio.shield(running)

    def _ended(self, key: bytes, order: "asyncio.Future[Any]") -> None:
        failed = asyncio.CancelledError() if order.cancelled() else order.exception()
        if failed is None or not isinstance(failed, KlingToldNo | KlingUnreachable):
            asyncio.get_running_loop().call_later(self._kept_s, self._forget, key)
        else:
            self._forget(key)

    def _forget(self, key: bytes) -> None:
        self._orders.pop(key, None)
