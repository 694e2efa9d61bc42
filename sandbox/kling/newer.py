"""The paths of the newer generation: creates by model, and one query for tasks of any product."""

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from sandbox.kling import fields, rules_newer, rules_omni
from sandbox.kling.contents import REFERENCE, has_type
from sandbox.kling.errors import bad_value, granted, invalid
from sandbox.kling.fields import JsonObject
from sandbox.kling.intake import Intake
from sandbox.kling.motions import newer_motion
from sandbox.kling.orders import Order, Product
from sandbox.kling.replies import json_object, request_id
from sandbox.kling.routes import Parts, Routes
from sandbox.kling.rules_newer_image import newer_image
from sandbox.kling.switches import Switches
from sandbox.kling.tasks import Task

IDS_MAX = 20
LIMIT_DEFAULT = 100
LIMIT_MAX = 500
WINDOW_S = 30 * 86_400.0
TASKS = "/tasks"
STATUSES = ("submitted", "processing", "succeeded", "failed")

Rule = Callable[[str, JsonObject, Intake, Switches], Awaitable[Order]]
RULES: dict[Product, Rule] = {
    Product.TEXT_TO_VIDEO: rules_newer.text_to_video,
    Product.IMAGE_TO_VIDEO: rules_newer.image_to_video,
    Product.OMNI_VIDEO: rules_omni.omni_video,
    Product.NEWER_IMAGE: newer_image,
    Product.NEWER_MOTION: newer_motion,
}
BY_INPUT = ("text-to-image", "image-to-image")
"""The paths of Image 4.0 where they follow those of the videos (`Switches.images_by_input`)."""

ROOTS = tuple(f"/{root}/" for root in (*(product.value for product in RULES), *BY_INPUT))


def is_newer(path: str) -> bool:
    """Tell whether a path belongs to the newer generation."""
    return path == TASKS or path.startswith(ROOTS)


class NewerRoutes:
    """The handlers; tasks are accepted and kept as those of the legacy generation are."""

    def __init__(self, parts: Parts, routes: Routes) -> None:
        self._parts = parts
        self._routes = routes

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Mount every path."""
        for product in RULES:
            router.add_post(f"/{product.value}/{{model}}", self._create(product))
        for root in BY_INPUT:
            router.add_post(f"/{root}/{{model}}", self._create(Product.NEWER_IMAGE, root))
        router.add_get(TASKS, self._query)
        router.add_post(TASKS, self._list)

    def _create(
        self, product: Product, root: str = ""
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def create(request: web.Request) -> web.Response:
            parts = self._parts
            if product is Product.NEWER_IMAGE and bool(root) is not parts.switches.images_by_input:
                raise web.HTTPNotFound
            body = fields.given(json_object(await request.read()))
            if root and root != BY_INPUT[has_type(body, REFERENCE)]:
                raise bad_value("contents do not fit the path")
            model = request.match_info["model"]
            order = await RULES[product](model, body, parts.intake, parts.switches)
            options = body.get("options", {})
            task = self._routes.accept(body, order, fields.given(options))
            return granted(parts.views.newer_created(task, parts.clock.now()), request_id())

        return create

    async def _query(self, request: web.Request) -> web.Response:
        ids, external = _ids(request, "task_ids"), _ids(request, "external_task_ids")
        if not ids and not external:
            raise bad_value("task_ids and external_task_ids cannot both be empty")
        if len(ids) + len(external) > IDS_MAX:
            raise bad_value(f"task_ids and external_task_ids cannot exceed {IDS_MAX} in total")
        account = self._parts.account
        found = [account.tasks.get(name) for name in ids]
        found += [account.by_external_id(name) for name in external]
        shown = [self._view(task) for task in found if task is not None and self._shown(task)]
        return granted(shown, request_id())

    async def _list(self, request: web.Request) -> web.Response:
        body = fields.given(json_object(await request.read()))
        now_s = self._parts.clock.now()
        start_s = _moment(body, "start_time", now_s - WINDOW_S)
        end_s = _moment(body, "end_time", now_s)
        size = fields.whole(body, "limit", 1, LIMIT_MAX, LIMIT_DEFAULT)
        skip = int(fields.text(body, "cursor") or 0)
        statuses = _filter(body, "status") or set(STATUSES)
        kinds = _filter(body, "product_type")
        tasks = [
            view
            for task in reversed(self._parts.account.tasks.values())
            if self._shown(task) and start_s <= task.created_s <= end_s
            if (view := self._view(task))["status"] in statuses
            if not kinds or task.product.pack in kinds
        ]
        page = tasks[skip : skip + size]
        more = skip + size < len(tasks)
        data = {"result": page, "count": len(page), "has_more": more}
        return granted(data | ({"next_cursor": str(skip + size)} if more else {}), request_id())

    def _shown(self, task: Task) -> bool:
        return task.product.newer or self._parts.switches.tasks_reads_legacy

    def _view(self, task: Task) -> JsonObject:
        parts = self._parts
        return parts.views.newer(task, parts.clock.now(), parts.account.deduction(task))


def _ids(request: web.Request, name: str) -> list[str]:
    return [one for one in request.query.get(name, "").split(",") if one]


def _moment(body: JsonObject, name: str, default_s: float) -> float:
    """Return a time in milliseconds, a number or one as text, in seconds."""
    value: Any = body.get(name, default_s * 1000)
    try:
        return float(value) / 1000
    except (TypeError, ValueError):
        raise invalid(name, value) from None


def _filter(body: JsonObject, key: str) -> set[str]:
    found: set[str] = set()
    for one in fields.objects(body, "filters", 10):
        if isinstance(one, dict) and one.get("key") == key:
            found.update(str(value) for value in one.get("values", []))
    return found
