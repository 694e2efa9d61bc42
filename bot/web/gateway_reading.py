"""Reads what callers of the gateway send."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from bot.web import gateway_schemas as bodies
from bot.web.access import Pace, read_body

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
BODY_MAX_BYTES: Final = 144 * 1024 * 1024
"""Ten images of 10 MB as base64, and the texts around them."""

IDEMPOTENCY_KEY: Final = "Idempotency-Key"
KEY_CHARACTERS_MAX: Final = 64
KEY_FORM: Final = re.compile(rf"[A-Za-z0-9_-]{{1,{KEY_CHARACTERS_MAX}}}")


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the body of a create."""

    public_only: bool
    """If Kling is on the internet, the URLs that it is to fetch or call must be public too."""
    pace: Pace

    async def raw(self, request: web.Request) -> bytes:
        """Return the body as it came; raises aiohttp's HTTP errors for one that is no JSON."""
        if request.content_type != "application/json":
            # This also keeps web pages from spending units: a form can't send JSON.
            raise web.HTTPUnsupportedMediaType(reason="Content-Type must be application/json")
        return await read_body(request, BODY_MAX_BYTES, self.pace)

    async def body(
        self, request: web.Request, kind: type[bodies.Body], external_id: str = ""
    ) -> bytes:
        """Return the checked body for Kling; raises `BodyRefused` with every problem."""
        raw = await self.raw(request)
        return await asyncio.to_thread(
            bodies.translate, kind, raw, public_only=self.public_only, external_id=external_id
        )


def idempotency_key(request: web.Request) -> str:
    """Return the id that the caller gives the order in a header; empty if there is none."""
    key = request.headers.get(IDEMPOTENCY_KEY, "").strip().strip('"')
    if key and not KEY_FORM.fullmatch(key):
        problem = {
            "type": "idempotency_key",
            "loc": ["header", IDEMPOTENCY_KEY],
            "msg": f"must be at most {KEY_CHARACTERS_MAX} letters, digits, - and _",
            "input": "",
        }
        raise bodies.BodyRefused([problem])
    return key
