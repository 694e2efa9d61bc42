"""The account behind the gateway: what is left in its packs, and what was deducted for which task.

Kling's forms and Kling's answers, as its API documentation has them (2026-09). Nothing is charged.
"""

from typing import Annotated, Any, Final
from urllib.parse import urlencode

from aiohttp import web
from pydantic import Field
from pydantic_core import to_json

from bot.kling.billing import BILLING, COSTS, PAGE_ROWS, inner
from bot.kling.exchange import Exchange
from bot.web.gateway_reading import Handler, Reader
from bot.web.gateway_schemas import Body, BodyRefused
from bot.web.openapi import Path

TIMES: Final = ("start_time", "end_time")
PACK_NAME: Final = "resource_pack_name"
ROOT: Final = "/api/v1"
MS_DIGITS_MAX: Final = 15
NAME_CHARACTERS_MAX: Final = 200


class Filter(Body):
    """Only rows whose value is one of these."""

    key: str
    values: list[str]


class BillingAsked(Body):
    """The body of a question for deductions: times in ms, or the cursor of the page before."""

    start_time: int = 0
    end_time: int = 0
    cursor: str | int = ""
    limit: Annotated[int, Field(ge=1, le=PAGE_ROWS)] = PAGE_ROWS
    filters: list[Filter] = Field(default_factory=list)


ACCOUNT_PATHS: Final = (
    Path("GET", ROOT + COSTS, "Tells what is left in the packs.", query=(*TIMES, PACK_NAME)),
    *(
        Path("POST", ROOT + path, f"Tells what was deducted, page by page: {what}.", BillingAsked)
        for path, what in zip(BILLING, ("of packs", "of the balance"), strict=True)
    ),
)


def add_account(router: web.UrlDispatcher, upstream: Exchange, reader: Reader) -> None:
    """Mount the questions about the account's money."""
    router.add_get(ROOT + COSTS, _costs(upstream))
    for path in BILLING:
        router.add_post(ROOT + path, _deductions(upstream, reader, path))


def _costs(upstream: Exchange) -> Handler:
    async def costs(request: web.Request) -> web.Response:
        wrong = [_no_time(name, request.query.get(name)) for name in TIMES]
        problems = [problem for problem in wrong if problem is not None]
        if problems:
            raise BodyRefused(problems)
        asked = {name: request.query[name] for name in TIMES}
        if name := request.query.get(PACK_NAME, "")[:NAME_CHARACTERS_MAX]:
            asked[PACK_NAME] = name
        return _bare(inner(await upstream.ask(f"{COSTS}?{urlencode(asked)}")))

    return costs


def _deductions(upstream: Exchange, reader: Reader, path: str) -> Handler:
    async def deductions(request: web.Request) -> web.Response:
        body = await reader.body(request, BillingAsked)
        return _bare(inner(await upstream.order(path, body)))

    return deductions


def _no_time(name: str, said: str | None) -> dict[str, Any] | None:
    """Return what is wrong with a time in ms, which Kling requires."""
    if said and said.isascii() and said.isdecimal() and len(said) <= MS_DIGITS_MAX:
        return None
    kind, words = ("value_error", "must be a time in ms") if said else ("missing", "is required")
    return {"type": kind, "loc": ["query", name], "msg": words, "input": said}


def _bare(data: object) -> web.Response:
    return web.Response(body=to_json(data, inf_nan_mode="null"), content_type="application/json")
