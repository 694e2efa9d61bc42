"""Checks on every HTTP request: bearer token, `Host` header, minimum upload rate."""

import asyncio
import hmac
import re
from dataclasses import dataclass
from typing import Final

from aiohttp import hdrs, web

THIS_MACHINE: Final = re.compile(r"(?:(?i:localhost)|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?")
"""The `Host` of a request that was meant for a loopback address."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How slowly a body may arrive before the connection is closed."""

    window_s: float = 15.0
    window_bytes: int = 64 * 1024
    """At least this much in every window, or the end of the body."""
    whole_s: float = 600.0
    """The complete body within this time: images of 100 MB over a slow line."""


def bears_token(request: web.Request, api_token: str) -> bool:
    """Tell whether the request has the token; the time this takes reveals nothing about it."""
    shown = request.headers.get(hdrs.AUTHORIZATION, "").encode(errors="surrogateescape")
    return hmac.compare_digest(shown, f"Bearer {api_token}".encode())


def names_this_machine(request: web.Request) -> bool:
    """Tell whether the request was meant for a loopback address.

    A web page in someone's browser can point its own name at 127.0.0.1 (DNS rebinding), but cannot
    change the `Host` that it sends. A page of another site that asks this address itself cannot
    change the `Origin`.
    """
    named = request.headers.getall(hdrs.HOST, ())
    origins = [origin.partition("://")[2] for origin in request.headers.getall(hdrs.ORIGIN, ())]
    return len(named) == 1 and all(THIS_MACHINE.fullmatch(name) for name in (*named, *origins))


async def read_body(request: web.Request, max_bytes: int, pace: Pace) -> bytes:
    """Return the whole body; raises HTTPRequestEntityTooLarge, or HTTPRequestTimeout for a drip."""
    loop = asyncio.get_running_loop()
    whole = bytearray()
    in_window = 0
    try:
        async with asyncio.timeout(pace.whole_s), asyncio.timeout(pace.window_s) as window:
            async for chunk in request.content.iter_any():
                whole += chunk
                in_window += len(chunk)
                if len(whole) > max_bytes:
                    raise web.HTTPRequestEntityTooLarge(max_bytes, len(whole))
                if in_window >= pace.window_bytes:
                    in_window = 0
                    window.reschedule(loop.time() + pace.window_s)
    except TimeoutError:
        raise web.HTTPRequestTimeout(reason="The body arrived too slowly") from None
    return bytes(whole)
