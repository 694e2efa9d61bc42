"""The account's money: packs with what is left, and a row for each deduction."""

from decimal import Decimal

from aiohttp import web

from sandbox.kling import fields
from sandbox.kling.errors import granted, invalid
from sandbox.kling.fields import JsonObject
from sandbox.kling.models import plain
from sandbox.kling.replies import json_object, request_id
from sandbox.kling.routes import Parts
from sandbox.kling.tasks import Task

ACCOUNT = "/account/"
"""What is below it is about the account's money."""
COSTS = "/account/costs"
PACKAGE = "/account/billing/package"
BALANCE = "/account/billing/balance"
LIMIT_DEFAULT = 100
LIMIT_MAX = 500
PACK_LIFE_S = 30 * 86_400.0
NAMES = {
    "video": "Trial-Video-100Units-5Con-1Month",
    "image": "Trial-Image-1000Units-9Con-1Month",
    "try-on": "Trial-TryOn-1000Units-5Con-1Month",
}


class BillingRoutes:
    """The handlers. This account pays with packs, so that there are no rows about cash."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._opened_s = parts.clock.now()

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Mount every path."""
        router.add_get(COSTS, self._costs)
        router.add_post(PACKAGE, self._package)
        router.add_post(BALANCE, self._balance)

    async def _costs(self, request: web.Request) -> web.Response:
        for name in ("start_time", "end_time"):
            if not request.query.get(name, "").isdecimal():
                raise invalid(name, request.query.get(name, ""))
        account = self._parts.account
        packs = [
            {
                "resource_pack_name": NAMES[pack],
                "resource_pack_id": f"pack-{pack}",
                "resource_pack_type": "decreasing_total",
                "total_quantity": float(total),
                "remaining_quantity": float(total - account.charged(pack)),
                "purchase_time": int(self._opened_s * 1000),
                "effective_time": int(self._opened_s * 1000),
                "invalid_time": int((self._opened_s + PACK_LIFE_S) * 1000),
                "status": "online" if total > account.charged(pack) else "runOut",
            }
            for pack, total in account.packs.items()
        ]
        data = {"code": 0, "msg": "success", "resource_pack_subscribe_infos": packs}
        return granted(data, request_id())

    async def _package(self, request: web.Request) -> web.Response:
        rows = [self._row(task, units) for task, units in self._deductions()]
        return self._page(await request.read(), rows)

    async def _balance(self, request: web.Request) -> web.Response:
        return self._page(await request.read(), [])

    def _deductions(self) -> list[tuple[Task, Decimal]]:
        account, now_s = self._parts.account, self._parts.clock.now()
        ended = [task for task in account.tasks.values() if task.ended(now_s)]
        return [(task, units) for task in ended if (units := account.deduction(task))]

    def _row(self, task: Task, units: Decimal) -> JsonObject:
        return {
            "task_id": task.id,
            "api_key_name": "default",
            "product_function": task.product.value,
            "model_name": task.order.model,
            "deduction_time": str(int(task.ends_s * 1000)),
            "package_id": f"pack-{task.product.pack}",
            "product_type": task.product.pack,
            "deduction_amount": plain(units),
        }

    def _page(self, raw: bytes, rows: list[JsonObject]) -> web.Response:
        body = fields.given(json_object(raw))
        limit = int(body.get("limit", LIMIT_DEFAULT))
        if not 1 <= limit <= LIMIT_MAX:
            raise invalid("limit", str(limit))
        start = 0
        if "cursor" in body:
            start = int(body["cursor"])
        elif "start_time" not in body or "end_time" not in body:
            raise invalid("start_time", "")
        else:
            first, last = int(body["start_time"]), int(body["end_time"])
            rows = [row for row in rows if first <= int(row["deduction_time"]) <= last]
        found = rows[start : start + limit]
        more = start + limit < len(rows)
        data: JsonObject = {
            "result": {"detail": found, "count": len(found)},
            "has_more": more,
            "next_cursor": str(start + limit) if more else "",
        }
        return granted(data, request_id())
