"""Kling's own books: what is left in the packs, and what it deducted for which task.

For Kling itself only, not through a gateway. Forms: Kling's API documentation, 2026-09.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from pydantic_core import to_json

from bot.clock import Clock
from bot.errors import KlingUnclear
from bot.kling.error_codes import No, clean_message, to_error
from bot.kling.exchange import Exchange
from bot.kling.wire import Id, In, Moment, Number, Units, Words

COSTS: Final = "/account/costs"
BILLING: Final = ("/account/billing/package", "/account/billing/balance")
PAGE_ROWS: Final = 500
"""The most that Kling gives at once."""
PAGES_MAX: Final = 100
BETWEEN_PAGES_S: Final = 1.1
"""Kling asks for no more than one question a second here."""


def _rows(value: object) -> list[dict[str, Any]]:
    items = value[:PAGE_ROWS] if isinstance(value, list) else []
    return [item for item in items if isinstance(item, dict)]


class _Pack(In):
    resource_pack_name: Words = ""
    total_quantity: Number = None
    remaining_quantity: Number = None
    invalid_time: Moment = None
    status: Words = ""


class _Row(In):
    task_id: Id = None
    product_type: Words = ""
    deduction_amount: Units = None
    currency: Words = ""


@dataclass(frozen=True, slots=True)
class PackLeft:
    """A pack of units: what is left, which may lag behind by 12 hours, and when it lapses."""

    name: str
    total: float
    left: float
    ends_at: float | None
    """Unix seconds."""
    online: bool


@dataclass(frozen=True, slots=True)
class Deduction:
    """What Kling deducted for a task: units of a pack, or money of a currency."""

    task_id: str
    amount: str
    pack: str = ""
    currency: str = ""
    """Empty: the amount is in units."""


class Billing:
    """Asks Kling about the account's money. Raises errors of `bot.errors` as `Kling` does."""

    def __init__(self, exchange: Exchange, clock: Clock) -> None:
        self._exchange = exchange
        self._clock = clock

    async def packs(self, *, since: float, until: float) -> list[PackLeft]:
        """Return the account's packs; times are Unix seconds."""
        asked = urlencode({"start_time": int(since * 1000), "end_time": int(until * 1000)})
        data = inner(await self._exchange.ask(f"{COSTS}?{asked}"))
        packs = map(_Pack.model_validate, _rows(data.get("resource_pack_subscribe_infos")))
        return [
            PackLeft(
                clean_message(pack.resource_pack_name),
                pack.total_quantity or 0.0,
                pack.remaining_quantity,
                pack.invalid_time,
                pack.status == "online",
            )
            for pack in packs
            if pack.remaining_quantity is not None
        ]

    async def deductions(self, *, since: float, until: float) -> list[Deduction]:
        """Return every deduction in this time (Unix seconds), from packs and of money."""
        found: list[Deduction] = []
        for path in BILLING:
            async for row in self._pages(path, since, until):
                if row.task_id is not None and row.deduction_amount is not None:
                    currency = row.currency.strip().upper()
                    found.append(
                        Deduction(row.task_id, row.deduction_amount, row.product_type, currency)
                    )
            await self._clock.sleep(BETWEEN_PAGES_S)
        return found

    async def _pages(self, path: str, since: float, until: float) -> AsyncIterator[_Row]:
        body: dict[str, Any] = {
            "start_time": int(since * 1000),
            "end_time": int(until * 1000),
            "limit": PAGE_ROWS,
        }
        for _ in range(PAGES_MAX):
            data = inner(await self._exchange.order(path, to_json(body)))
            result = data.get("result")
            rows = _rows(result.get("detail") if isinstance(result, dict) else None)
            for row in rows:
                yield _Row.model_validate(row)
            cursor = data.get("next_cursor")
            if data.get("has_more") is not True or not isinstance(cursor, str | int) or not cursor:
                return
            body = {**body, "cursor": cursor}
            await self._clock.sleep(BETWEEN_PAGES_S)
        raise KlingUnclear("too_many_pages")


def inner(data: object) -> dict[str, Any]:
    """Return what is in the inner of the two envelopes; raises what its code means."""
    if not isinstance(data, dict):
        raise KlingUnclear("no_answer")
    code = data.get("code", 0)
    if isinstance(code, int) and code:
        message = clean_message(str(data.get("msg") or data.get("message") or ""))
        raise to_error(
            No(http_status=200, code=code, message=message, request_id=""), question=True
        )
    return data
