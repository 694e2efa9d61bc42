"""A foreign gateway: like the known ones of this API, it drops our id on one route."""

import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from bot.settings.addresses import Address
from bot.web.server import listen
from tests.harness.opening import open_town
from tests.harness.town import Town

DROPPED = "external_task_id"
DROPS_ON = "/api/v1/images/generations"


@dataclass
class Foreign:
    """What a test may tell it: to lose answers to orders after passing them on."""

    upstream: str
    url: str = ""
    loses_answers: bool = False
    fails_questions: bool = False
    orders: list[dict[str, Any]] = field(default_factory=list)
    """Bodies of the orders it got."""


@contextlib.asynccontextmanager
async def foreign_gateway(upstream: str) -> AsyncIterator[Foreign]:
    """Serve in front of `upstream`, a gateway of ours, for the block."""
    foreign = Foreign(upstream)
    async with aiohttp.ClientSession() as session:

        async def pass_on(request: web.Request) -> web.Response:
            body = await request.read()
            if request.method == "POST":
                order = json.loads(body)
                foreign.orders.append(order)
                if request.path == DROPS_ON:
                    body = json.dumps({k: v for k, v in order.items() if k != DROPPED}).encode()
            reply = await session.request(
                request.method,
                f"{foreign.upstream}{request.path}",
                data=body or None,
                # Ours would answer the same order of the same caller with the first one's task.
                headers={
                    "Content-Type": "application/json",
                    "User-Agent": f"foreign {len(foreign.orders)}",
                },
            )
            answer = await reply.read()
            lost = foreign.loses_answers if request.method == "POST" else foreign.fails_questions
            if lost:
                return web.json_response({"detail": "Bad Gateway"}, status=502)
            return web.Response(body=answer, status=reply.status, content_type="application/json")

        app = web.Application()
        app.router.add_route("*", "/{path:.*}", pass_on)
        async with listen(app, Address("127.0.0.1", 0), key="test") as address:
            foreign.url = f"http://{address}"
            yield foreign


@contextlib.asynccontextmanager
async def foreign_town(tmp_path: Path) -> AsyncIterator[tuple[Town, Foreign]]:
    """A town in which Kling is reached through a foreign gateway."""
    async with (
        open_town(tmp_path, dialect="gateway") as town,
        foreign_gateway(town.env["KLINGBOT_KLING__BASE_URL"]) as foreign,
    ):
        town.env["KLINGBOT_KLING__BASE_URL"] = foreign.url
        yield town, foreign
