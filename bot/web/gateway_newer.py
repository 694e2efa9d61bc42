"""The paths of Kling's newer generation, below `/api/v1`: as Kling has them.

URLs in a body are checked as everywhere in the gateway; everything else Kling checks itself. Its
answers go back in its own envelope.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final
from urllib.parse import quote

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import from_json, to_json

from bot.domain.requests import Route
from bot.errors import KlingRefusedRequest, KlingTaken
from bot.kling.decode_newer import read_batch, read_newer_task
from bot.kling.dialects import Dialect, create_path, own_id_path
from bot.kling.exchange import Exchange
from bot.kling.image_paths import ImagePaths
from bot.kling.known_ids import NAMES_AN_ID
from bot.web.gateway_reading import IDEMPOTENCY_KEY, Reader, idempotency_key
from bot.web.gateway_schemas import EXTERNAL_ID, Address, Body, BodyRefused, File
from bot.web.repeats import Repeats

TASKS: Final = "/tasks"
ID_LISTS: Final = ("task_ids", "external_task_ids")
PROMPT_CHARACTERS_MAX: Final = 50_000
"""What an image model of Kling takes; a video model takes 26,000 (resellers' schemas, 2026-10)."""
CONTENTS_MAX: Final = 32
SUCCEED: Final = "SUCCEED"
_IDS: Final = re.compile(r"[A-Za-z0-9_.,-]{1,2600}")
_MODEL: Final = "{model:[A-Za-z0-9][A-Za-z0-9._-]{0,63}}"
_OPEN: Final = ConfigDict(extra="allow")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Send = Callable[[str, bytes], Awaitable[Any]]


class Content(BaseModel):
    """One input: words, a frame, an element, a voice."""

    model_config = _OPEN

    type: str
    text: Annotated[str, Field(max_length=PROMPT_CHARACTERS_MAX)] = ""
    url: File = ""


class Options(BaseModel):
    """What is not about the result itself."""

    model_config = _OPEN

    callback_url: Address = ""


class NewerOrder(Body):
    """The body of a create: of a video or of images."""

    prompt: Annotated[str, Field(max_length=PROMPT_CHARACTERS_MAX)] = ""
    contents: list[Content] = Field(default_factory=list, max_length=CONTENTS_MAX)
    settings: dict[str, Any] = Field(default_factory=dict)
    options: Options = Options()


class TasksAsked(Body):
    """The body of a question for the account's tasks: a window, filters, a page."""

    model_config = _OPEN


def add_newer(
    router: web.UrlDispatcher, upstream: Exchange, reader: Reader, repeats: Repeats
) -> None:
    """Mount the creates of each route, and the questions for tasks of any product."""
    images = ImagePaths(upstream, Dialect.OFFICIAL)
    for route in (route for route in Route if route.newer):
        router.add_post(
            f"/api/v1/{route.value}/{_MODEL}",
            _create(upstream, reader, repeats, _sender(upstream, images, route)),
        )
    router.add_get(f"/api/v1{TASKS}", _query(upstream))
    router.add_post(f"/api/v1{TASKS}", _list(upstream, reader))


def _sender(upstream: Exchange, images: ImagePaths, route: Route) -> Send:
    """Return what sends a body for a model on this route, and returns Kling's answer."""

    async def send(model: str, body: bytes) -> Any:
        if route is Route.NEWER_IMAGE:
            return await images.order(model, body)
        return await upstream.order(create_path(Dialect.OFFICIAL, route, model), body)

    return send


def _create(upstream: Exchange, reader: Reader, repeats: Repeats, send: Send) -> Handler:
    async def create(request: web.Request) -> web.Response:
        own_id = idempotency_key(request)
        body = await reader.body(request, NewerOrder)
        if own_id:
            body = await asyncio.to_thread(_with_id, body, own_id)
        model = request.match_info["model"]

        async def order() -> Any:
            try:
                return await send(model, body)
            except KlingTaken:
                if not own_id:
                    raise
                found = await upstream.ask(own_id_path(Dialect.OFFICIAL, own_id))
                return found[0] if isinstance(found, list) and found else None
            except KlingRefusedRequest as no:
                if own_id and NAMES_AN_ID.search(no.message):
                    raise BodyRefused([_takes_no_id(own_id)]) from no
                raise

        data = await repeats.answer(request, body, order, has_key=bool(own_id))
        read_newer_task(Dialect.OFFICIAL, data)
        return _enveloped(data)

    return create


def _with_id(body: bytes, own_id: str) -> bytes:
    """Put the caller's id where this generation has it."""
    said: dict[str, Any] = from_json(body)
    said["options"] = {**said.get("options", {}), EXTERNAL_ID: own_id}
    return to_json(said)


def _takes_no_id(own_id: str) -> dict[str, Any]:
    return {
        "type": "idempotency_key",
        "loc": ["header", IDEMPOTENCY_KEY],
        "msg": "this model takes no id",
        "input": own_id,
    }


def _query(upstream: Exchange) -> Handler:
    async def query(request: web.Request) -> web.Response:
        asked = [(name, request.query[name]) for name in ID_LISTS if request.query.get(name)]
        if not asked or not all(_IDS.fullmatch(ids) for _, ids in asked):
            raise BodyRefused(
                [
                    {
                        "type": "missing",
                        "loc": ["query", ID_LISTS[0]],
                        "msg": "one of task_ids and external_task_ids is required",
                        "input": None,
                    }
                ]
            )
        found = "&".join(f"{name}={quote(ids, safe=',')}" for name, ids in asked)
        data = await upstream.ask(f"{TASKS}?{found}")
        read_batch(data)
        return _enveloped(data)

    return query


def _list(upstream: Exchange, reader: Reader) -> Handler:
    async def listed(request: web.Request) -> web.Response:
        return _enveloped(await upstream.order(TASKS, await reader.body(request, TasksAsked)))

    return listed


def _enveloped(data: object) -> web.Response:
    content = {"code": 0, "message": SUCCEED, "data": data}
    body = to_json(content, inf_nan_mode="null")
    return web.Response(body=body, content_type="application/json")
