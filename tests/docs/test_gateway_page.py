"""The page about the gateway is true: its paths are those that are served, its examples work."""

import json
import re
import shlex
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bot.kling.auth import ApiKey
from bot.kling.dialects import Dialect
from bot.kling.exchange import Exchange
from bot.web.gateway import make_gateway
from sandbox.kling import LocalKling
from sandbox.kling.samples import portrait, speech
from tests.harness import shelf
from tests.harness.end_to_end.samples import clip_with_faces
from tests.harness.kling.stub import dice, serving
from tests.harness.manual_clock import ManualClock

PAGE = Path(__file__).parents[2] / "docs" / "gateway.md"
ROOT = "http://127.0.0.1:8000"
FILES = "https://files.example/"
TOKEN = "the-token"
ROW = re.compile(r"^\| `(GET|POST) (/\S*)` \|", re.MULTILINE)
EXAMPLE = re.compile(r"```sh\n(curl .*?)```\s+```json\n(.*?)```", re.DOTALL)
ADDRESS = re.compile(r"https?://.*")
CHANGES = {"created_at", "updated_at", "create_time", "update_time", "request_id"}


@pytest.fixture
async def local() -> AsyncIterator[LocalKling]:
    async with LocalKling(ManualClock(), draw=shelf.result) as world:
        yield world


@pytest.fixture
async def gateway(local: LocalKling) -> AsyncIterator[web.Application]:
    upstream = Exchange(
        local.base_url,
        dialect=Dialect.OFFICIAL,
        auth=ApiKey(local.keys.api_key),
        clock=local.clock,
        rng=dice(),
    )
    async with upstream:
        yield make_gateway(upstream, api_token=TOKEN)


def files() -> web.Application:
    """What the examples call files.example."""
    kept = {"portrait.png": portrait(), "talk.mp4": clip_with_faces(1, 5.0)}
    kept["voice.mp3"] = speech(3.0)

    async def give(request: web.Request) -> web.Response:
        return web.Response(body=kept[request.match_info["name"]])

    app = web.Application()
    app.router.add_get("/{name}", give)
    return app


def constant(value: Any, key: str = "") -> Any:
    """An answer without what differs from run to run: times, addresses, request ids."""
    if isinstance(value, dict):
        return {name: constant(item, name) for name, item in value.items()}
    if isinstance(value, list):
        return [constant(item) for item in value]
    if key in CHANGES:
        return type(value).__name__
    return ADDRESS.sub("address", value) if isinstance(value, str) else value


def examples() -> Iterator[tuple[str, str | None, Any]]:
    """Each example's path, body (None: a GET) and answer, in the order of the page."""
    for command, answer in EXAMPLE.findall(PAGE.read_text(encoding="utf-8")):
        words = shlex.split(command)
        (address,) = [word for word in words if word.startswith(ROOT)]
        body = words[words.index("-d") + 1] if "-d" in words else None
        assert body is None or "Content-Type: application/json" in words
        yield address.removeprefix(ROOT), body, json.loads(answer)


async def test_the_page_lists_what_is_served(gateway: web.Application) -> None:
    """Every path of the page is served with its method, and the reverse."""
    served = {
        (route.method, route.resource.canonical)
        for route in gateway.router.routes()
        if route.resource is not None and route.method != "HEAD"
    }
    assert set(ROW.findall(PAGE.read_text(encoding="utf-8"))) == served


async def test_every_example_answers_as_the_page_says(
    gateway: web.Application, local: LocalKling
) -> None:
    """Played from top to bottom through the gateway against the local Kling, with the token."""
    played = list(examples())
    assert len(played) == 17
    async with AsyncExitStack() as stack:
        base = await stack.enter_async_context(serving(gateway))
        shelf = await stack.enter_async_context(serving(files())) + "/"
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
        session = await stack.enter_async_context(aiohttp.ClientSession(headers=headers))
        for path, body, expected in played:
            data = None if body is None else body.replace(FILES, shelf).encode()
            async with session.request("POST" if data else "GET", base + path, data=data) as reply:
                answer = await reply.json()
            assert constant(answer) == constant(expected), path
            assert reply.ok != ("detail" in answer)
            assert isinstance(local.clock, ManualClock)
            local.clock.advance(100)


async def test_everything_but_the_greeting_asks_for_the_token(gateway: web.Application) -> None:
    """As the page says: 401 without the token, and `GET /` for everybody."""
    async with serving(gateway) as base, aiohttp.ClientSession() as session:
        for method, path in ROW.findall(PAGE.read_text(encoding="utf-8")):
            async with session.request(method, base + path) as reply:
                assert reply.status == (200 if path == "/" else 401), path
