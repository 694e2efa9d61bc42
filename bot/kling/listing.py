"""Looking for a task by our id in the list of a product, page by page."""

from typing import Final

from bot.domain.requests import Route
from bot.errors import KlingRefusedRequest
from bot.kling.decode import read_tasks
from bot.kling.dialects import list_path
from bot.kling.exchange import Exchange
from bot.kling.tasks import Task

LIST_PAGE_SIZE: Final = 200
"""Kling allows up to 500; a page with its signed URLs should stay below a megabyte."""
LIST_PAGES_MAX: Final = 10


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
