"""The two ways of saying the same: paths of Kling's own API, and of a gateway in front of it.

Pure: no I/O, only spelling. Sources: Kling's API documentation (2026-09) for `official`, and the
API document of the gateway, which the project's own gateway serves, for `gateway`.
"""

import enum
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from bot.domain.requests import Route

OUR_SERVER: Final = "kling-discord"
"""The `Server` header of every answer of our own gateway: it keeps external ids on all routes."""


class Dialect(enum.StrEnum):
    """Which of the two APIs is at the base URL."""

    OFFICIAL = "official"
    GATEWAY = "gateway"


IDENTIFY_FACE: Final[Mapping[Dialect, str]] = {
    Dialect.OFFICIAL: "/v1/videos/identify-face",
    Dialect.GATEWAY: "/api/v1/lipsync/identify-face",
}
_GATEWAY_LIP_SYNC: Final = "/api/v1/lipsync/create-task"


def create_path(dialect: Dialect, route: Route) -> str:
    """Return where a task of this route is created (POST)."""
    if dialect is Dialect.OFFICIAL:
        return f"/v1/{route.value}"
    return _GATEWAY_LIP_SYNC if route is Route.LIP_SYNC else f"/api/v1/{route.value}"


def query_path(dialect: Dialect, route: str, task_id: str) -> str:
    """Return where one task is asked for (GET), by Kling's id or by ours: both go in the path.

    An id that would change the path's meaning raises ValueError.
    """
    if not task_id or task_id in {".", ".."}:
        raise ValueError("not an id of a task")
    root = "/v1" if dialect is Dialect.OFFICIAL else "/api/v1/tasks"
    return f"{root}/{route}/{quote(task_id, safe='')}"


def list_path(route: Route, *, page: int, page_size: int) -> str:
    """Return where a page of the account's tasks is asked for (GET); official only, from 1."""
    return f"/v1/{route.value}?pageNum={page}&pageSize={page_size}"
