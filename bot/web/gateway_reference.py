"""What callers can read before they spend anything: prices, and the description of the paths."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from aiohttp import web
from pydantic_core import from_json, to_json

from bot.domain.catalogue import Catalogue
from bot.domain.requests import Route
from bot.kling.dialects import IDENTIFY_FACE, SPEAK, Dialect, create_path
from bot.web import gateway_schemas as bodies
from bot.web.gateway_account import ACCOUNT_PATHS
from bot.web.gateway_elements import DELETES, PAGES, PRESETS, DeleteElement
from bot.web.gateway_newer import ID_LISTS, NewerOrder, TasksAsked
from bot.web.gateway_omni import OmniVideo
from bot.web.gateway_operations import OPERATION_MAKES, OPERATION_ORDERS, Speak
from bot.web.gateway_passed import PASSED_MAKES, PASSED_ORDERS
from bot.web.gateway_price import PriceAsked, priced
from bot.web.gateway_reading import Reader
from bot.web.openapi import Path, describe
from bot.web.openapi_page import CONTENT_POLICY, page

ORDERS: Final[Mapping[Route, type[bodies.Body]]] = {
    Route.TEXT2VIDEO: bodies.TextToVideo,
    Route.IMAGE2VIDEO: bodies.ImageToVideo,
    Route.GENERATIONS: bodies.Generations,
    Route.OMNI_IMAGE: bodies.OmniImage,
    Route.LIP_SYNC: bodies.LipSync,
    Route.LEGACY_OMNI_VIDEO: OmniVideo,
    **OPERATION_ORDERS,
}
PRICE: Final = "/api/v1/price"
DESCRIPTION: Final = "/openapi.json"
READABLE: Final = "/docs"
_MAKES: Final = {
    Route.TEXT2VIDEO: "Creates a video from a prompt.",
    Route.IMAGE2VIDEO: "Creates a video from an image.",
    Route.GENERATIONS: "Creates images from a prompt or from one image.",
    Route.OMNI_IMAGE: "Creates images from several, cited as <<<image_1>>>.",
    Route.LIP_SYNC: "Creates a lip-sync.",
    Route.LEGACY_OMNI_VIDEO: "Creates a video from images or another video.",
    Route.TEXT_TO_VIDEO: "Creates a video from a prompt, newer generation.",
    Route.IMAGE_TO_VIDEO: "Creates a video from frames, newer generation.",
    Route.OMNI_VIDEO: "Creates a video from images or another video, newer generation.",
    Route.NEWER_IMAGE: "Creates images from a prompt and up to ten images, newer generation.",
    **OPERATION_MAKES,
}
PATHS: Final = (
    Path("GET", "/", "Tells that the gateway is there; no token needed."),
    *(
        Path("POST", create_path(Dialect.GATEWAY, route), _MAKES[route], kind)
        for route, kind in ORDERS.items()
    ),
    *(
        Path("POST", f"/api/v1/{one}", PASSED_MAKES[one], kind)
        for one, kind in PASSED_ORDERS.items()
    ),
    *ACCOUNT_PATHS,
    Path("POST", IDENTIFY_FACE[Dialect.GATEWAY], "Finds faces in a video.", bodies.IdentifyFace),
    Path("POST", SPEAK[Dialect.GATEWAY], "Speaks words; answers immediately.", Speak),
    *(Path("POST", path, "Deletes an element.", DeleteElement) for path in DELETES),
    Path("GET", PRESETS, "Lists Kling's own elements, page by page.", query=tuple(PAGES)),
    Path("GET", "/api/v1/tasks/{category}/{task_type}/{task_id}", "Queries a task."),
    Path(
        "GET",
        "/api/v1/tasks/{category}/{task_type}/{part}/{task_id}",
        "Queries a task of a product whose path has three parts.",
    ),
    *(
        Path("POST", f"/api/v1/{route.value}/{{model}}", _MAKES[route], NewerOrder)
        for route in Route
        if route.newer
    ),
    Path("GET", "/api/v1/tasks", "Queries up to 20 tasks of any kind.", query=ID_LISTS),
    Path("POST", "/api/v1/tasks", "Lists the account's tasks, page by page.", TasksAsked),
    Path("POST", PRICE, "Tells what a create would cost; sends nothing.", PriceAsked),
    Path("GET", DESCRIPTION, "This description."),
    Path("GET", READABLE, "This description, to read."),
)
"""Every path that is served; a test compares it with the router."""


def add_reference(
    router: web.UrlDispatcher,
    reader: Reader,
    catalogue: Catalogue,
    usd_per_unit: Mapping[str, Decimal],
) -> None:
    """Mount the prices and the description. `usd_per_unit` is by pack."""

    async def price(request: web.Request) -> web.Response:
        body = from_json(await reader.body(request, PriceAsked))
        asked = PriceAsked.model_validate(body)
        return _json(priced(catalogue, asked, dict(usd_per_unit)))

    async def description(_request: web.Request) -> web.Response:
        return _json(describe(PATHS))

    async def readable(_request: web.Request) -> web.Response:
        return web.Response(
            text=page(describe(PATHS)),
            content_type="text/html",
            headers={"Content-Security-Policy": CONTENT_POLICY},
        )

    router.add_post(PRICE, price)
    router.add_get(DESCRIPTION, description)
    router.add_get(READABLE, readable)


def _json(content: object) -> web.Response:
    return web.Response(body=to_json(content), content_type="application/json")
