"""Lists of the account's tasks, page by page: of a product, or of a stretch of time."""

from typing import Any, Final, NamedTuple

from pydantic_core import to_json

from bot.domain.requests import Route
from bot.errors import KlingRefusedRequest
from bot.kling.decode import read_tasks
from bot.kling.decode_newer import read_page
from bot.kling.dialects import list_path, window_path
from bot.kling.exchange import Exchange
from bot.kling.tasks import Task

LIST_PAGE_SIZE: Final = 200
"""Kling allows up to 500; a page with its signed URLs should stay below a megabyte."""
LIST_PAGES_MAX: Final = 10


class Listed(NamedTuple):
    """The account's tasks of a stretch of time."""

    tasks: tuple[Task, ...]
    complete: bool
    """Whether these are surely all."""


async def made_between(
    exchange: Exchange, product_type: str, start_s: float, end_s: float
) -> Listed:
    """Return the tasks of any route that Kling made between two moments (Unix seconds). Free.

    `product_type` is `video` or `image`. Kling's documentation of `POST /tasks` (2026-09).
    """
    path, found, cursor = window_path(exchange.dialect), list[Task](), ""
    asked: dict[str, Any] = {
        "start_time": int(start_s * 1000),
        "end_time": int(end_s * 1000),
        "limit": LIST_PAGE_SIZE,
        "filters": [{"key": "product_type", "values": [product_type]}],
    }
    for _ in range(LIST_PAGES_MAX):
        body = to_json(asked | ({"cursor": cursor} if cursor else {}))
        page = read_page(await exchange.look(path, body), base=exchange.base_url)
        found += page.tasks
        if not page.readable or not page.more:
            return Listed(tuple(found), complete=page.readable)
        if not page.cursor or page.cursor == cursor:
            break
        cursor = page.cursor
    return Listed(tuple(found), complete=False)


async def newest(exchange: Exchange, route: Route) -> list[Task]:
    """Return the account's newest tasks of a route: one page of them (official)."""
    path = list_path(route, page=1, page_size=LIST_PAGE_SIZE)
    return read_tasks(await exchange.ask(path), base=exchange.base_url)[0]


async def find_in_list(exchange: Exchange, route: Route, external_id: str) -> Task | None:
    """Search the account's tasks, whatever their order, up to a maximum number of pages."""
    for page in range(1, LIST_PAGES_MAX + 1):
        path = list_path(route, page=page, page_size=LIST_PAGE_SIZE)
        try:
            tasks, entries = read_tasks(await exchange.ask(path))
        except KlingRefusedRequest:
            if page == 1:
                raise
            return None  # Kling's answer past the last page is not documented
        for task in tasks:
            if task.external_id == external_id:
                return task
        if entries < LIST_PAGE_SIZE:
            return None
    return None
