"""The gateway: one HTTP API in front of a Kling account, shared by a bot and a website.

Every call is one call to Kling, nothing is stored and nothing is retried, except after an expired
token; only the same order of the same caller within seconds is one order (`bot.web.repeats`).
Responses are those of the API document:

    a create     200 {"task_id", "message": "success", "raw_data": Kling's data}
    a query      200 {"task_id", "message": the task's status, "raw_data": Kling's data}
    faces        200 Kling's data, bare; so is what is asked about the account
    a refusal    Kling's status {"detail": its message, "code", "request_id"}; 400 for a 200
    a bad body   422 {"detail": [{"type", "loc", "msg", "input"}]}
    no response  502, or 504 after a timeout; then it is unknown whether a task was created
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

import structlog
from aiohttp import hdrs, web
from pydantic_core import to_json

from bot.domain.catalogue import Catalogue
from bot.errors import KlingError, KlingTaken, KlingToldNo, KlingUnclear
from bot.kling.catalogue_files import load_catalogue
from bot.kling.decode import read_faces, read_task
from bot.kling.dialects import (
    GATEWAY_QUERIES,
    IDENTIFY_FACE,
    OUR_SERVER,
    SPEAK,
    Dialect,
    create_path,
    query_path,
)
from bot.kling.error_codes import KlingFault
from bot.kling.exchange import Exchange
from bot.media.guard import is_outside
from bot.settings.money_sections import MoneySettings
from bot.web import gateway_schemas as bodies
from bot.web.access import Pace, bears_token, names_this_machine
from bot.web.gateway_account import add_account
from bot.web.gateway_elements import add_elements
from bot.web.gateway_newer import add_newer
from bot.web.gateway_operations import Speak
from bot.web.gateway_passed import PASSED_ORDERS
from bot.web.gateway_reading import BODY_MAX_BYTES, Handler, Reader, idempotency_key
from bot.web.gateway_reference import ORDERS, add_reference
from bot.web.repeats import Repeats

ERROR_STATUSES: Final = range(400, 600)
KEPT_HEADERS: Final = ("Allow", "WWW-Authenticate")
_SHIPPED: Final = MoneySettings()
USD_PER_UNIT: Final = {
    "video": _SHIPPED.usd_per_video_unit,
    "image": _SHIPPED.usd_per_image_unit,
}
TASK_PATH: Final = "/api/v1/tasks/{category:[a-z0-9-]+}/{task_type:[a-z0-9-]+}/{task_id}"
LONG_TASK_PATH: Final = TASK_PATH.replace("/{task_id}", "/{part:[a-z0-9-]+}/{task_id}")
"""Of products whose path has three parts, such as `videos/avatar/image2video`."""
_OFFICIAL_QUERIES: Final = {ours: official for official, ours in GATEWAY_QUERIES.items()}
log = structlog.get_logger(__name__)


def make_gateway(
    upstream: Exchange,
    *,
    api_token: str = "",
    pace: Pace | None = None,
    repeats: Repeats | None = None,
    catalogue: Catalogue | None = None,
    usd_per_unit: Mapping[str, Decimal] = USD_PER_UNIT,
) -> web.Application:
    """Return the application; `upstream` uses the official dialect and is opened by the caller.

    With an `api_token`, everything except `GET /` requires it as a bearer token. Without one, it
    serves only this machine, so a request must name it. A body that arrives slower than `pace` is
    cut off. Prices are those of `catalogue` (None: the shipped one), in dollars by pack.
    """
    repeats = Repeats() if repeats is None else repeats
    reader = Reader(is_outside(upstream.base_url), pace or Pace())
    if upstream.dialect is not Dialect.OFFICIAL:
        raise ValueError("a gateway stands in front of Kling itself")
    app = web.Application(
        client_max_size=BODY_MAX_BYTES,
        middlewares=[_tell_errors, _ask_for(api_token) if api_token else _only_this_machine],
    )
    app.on_response_prepare.append(_sign)
    app.router.add_get("/", _greet)
    for route, kind in ORDERS.items():
        official = create_path(Dialect.OFFICIAL, route)
        create = _create(upstream, reader, repeats, official, route.value, kind)
        app.router.add_post(create_path(Dialect.GATEWAY, route), create)
    for one, kind in PASSED_ORDERS.items():
        create = _create(upstream, reader, repeats, f"/v1/{one}", one.value, kind)
        app.router.add_post(f"/api/v1/{one}", create)
    app.router.add_post(IDENTIFY_FACE[Dialect.GATEWAY], _identify_face(upstream, reader))
    app.router.add_post(SPEAK[Dialect.GATEWAY], _speak(upstream, reader))
    for path in (TASK_PATH, LONG_TASK_PATH):
        app.router.add_get(path, _query(upstream))
    add_elements(app.router, upstream, reader)
    add_newer(app.router, upstream, reader, repeats)
    add_account(app.router, upstream, reader)
    add_reference(app.router, reader, catalogue or load_catalogue(), usd_per_unit)
    return app


async def _greet(_request: web.Request) -> web.Response:
    return _json({"message": "kling-discord gateway"})


def _create(
    upstream: Exchange,
    reader: Reader,
    repeats: Repeats,
    path: str,
    route: str,
    kind: type[bodies.Body],
) -> Handler:
    async def create(request: web.Request) -> web.Response:
        own_id = idempotency_key(request)
        body = await reader.body(request, kind, own_id)

        async def order() -> Any:
            try:
                return await upstream.order(path, body)
            except KlingTaken:
                if not own_id:
                    raise
                return await upstream.ask(query_path(Dialect.OFFICIAL, route, own_id))

        data = await repeats.answer(request, body, order, has_key=bool(own_id))
        task = read_task(Dialect.OFFICIAL, data)
        return _json({"task_id": task.task_id, "message": "success", "raw_data": data})

    return create


def _identify_face(upstream: Exchange, reader: Reader) -> Handler:
    async def identify_face(request: web.Request) -> web.Response:
        body = await reader.body(request, bodies.IdentifyFace)
        data = await upstream.order(IDENTIFY_FACE[Dialect.OFFICIAL], body)
        read_faces(data)
        return _json(data)

    return identify_face


def _speak(upstream: Exchange, reader: Reader) -> Handler:
    async def speak(request: web.Request) -> web.Response:
        body = await reader.body(request, Speak)
        data = await upstream.order(SPEAK[Dialect.OFFICIAL], body)
        task = read_task(Dialect.OFFICIAL, data)
        return _json({"task_id": task.task_id, "message": task.status.value, "raw_data": data})

    return speak


def _query(upstream: Exchange) -> Handler:
    async def query(request: web.Request) -> web.Response:
        match = request.match_info
        try:
            parts = [match[name] for name in ("category", "task_type", "part") if name in match]
            kind = "/".join(parts)
            kind = _OFFICIAL_QUERIES.get(kind, kind)
            path = query_path(Dialect.OFFICIAL, kind, match["task_id"])
        except ValueError:
            raise web.HTTPNotFound from None
        data = await upstream.ask(path)
        task = read_task(Dialect.OFFICIAL, data)
        return _json({"task_id": task.task_id, "message": task.status.value, "raw_data": data})

    return query


def _ask_for(api_token: str) -> Any:
    @web.middleware
    async def ask(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path != "/" and not bears_token(request, api_token):
            raise web.HTTPUnauthorized(
                reason="A bearer token is required", headers={hdrs.WWW_AUTHENTICATE: "Bearer"}
            )
        return await handler(request)

    return ask


@web.middleware
async def _only_this_machine(request: web.Request, handler: Handler) -> web.StreamResponse:
    if not names_this_machine(request):
        raise web.HTTPForbidden(reason="Without a token, Host must be 127.0.0.1 or localhost")
    return await handler(request)


@web.middleware
async def _tell_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except web.HTTPException as error:
        headers = {name: error.headers[name] for name in KEPT_HEADERS if name in error.headers}
        return _json({"detail": error.reason}, error.status, headers)
    except bodies.BodyRefused as refused:
        return _json({"detail": refused.problems}, 422)
    except KlingError as error:
        return _json(*_kling_problem(error))
    except Exception:
        log.exception("gateway.failed", path=request.path)
        return _json({"detail": "The gateway failed; its log says why"}, 500)


def _kling_problem(error: KlingError) -> tuple[dict[str, Any], int]:
    match error:
        case KlingToldNo() | KlingFault():
            content = {
                "detail": error.message or "Unknown error",
                "code": error.code,
                "request_id": error.request_id,
            }
            status = error.http_status or 0
            return content, status if status in ERROR_STATUSES else 400
        case KlingUnclear(reason="timeout"):
            return {"detail": "Kling took too long to answer"}, 504
        case KlingUnclear():
            return {"detail": f"No readable response from Kling: {error}"}, 502
    return {"detail": f"Kling cannot be reached: {error}"}, 502


async def _sign(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers[hdrs.SERVER] = OUR_SERVER


def _json(
    content: object, status: int = 200, headers: Mapping[str, str] | None = None
) -> web.Response:
    return web.Response(
        body=to_json(content, inf_nan_mode="null"),
        status=status,
        headers=headers,
        content_type="application/json",
    )
