"""The two dialects: paths of Kling's own API, and of a gateway in front of it.

Pure: no I/O, only spelling. Sources: Kling's API documentation (2026-09) for `official`, and the
gateway's API document, which the project's own gateway implements, for `gateway`.
"""

import enum
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import quote

from bot.domain.requests import Route
from bot.domain.routes import Passed

OUR_SERVER: Final = "kling-discord"
"""The `Server` header of every response of our own gateway: it keeps external ids on all routes."""


class Dialect(enum.StrEnum):
    """Which of the two APIs is at the base URL."""

    OFFICIAL = "official"
    GATEWAY = "gateway"


IDENTIFY_FACE: Final[Mapping[Dialect, str]] = {
    Dialect.OFFICIAL: "/v1/videos/identify-face",
    Dialect.GATEWAY: "/api/v1/lipsync/identify-face",
}
SPEAK: Final[Mapping[Dialect, str]] = {
    Dialect.OFFICIAL: "/v1/audio/tts",
    Dialect.GATEWAY: "/api/v1/audio/tts",
}
DELETE_ELEMENT: Final[Mapping[Dialect, str]] = {
    Dialect.OFFICIAL: "/v1/general/delete-advanced-elements",
    Dialect.GATEWAY: "/api/v1/general/delete-advanced-elements",
}
_GATEWAY_PATHS: Final[Mapping[Route, str]] = {
    Route.LIP_SYNC: "lipsync/create-task",
    Route.EXPAND: "images/expand",
}
"""Below `/api/v1/`, where it is not as Kling's own."""
GATEWAY_QUERIES: Final[Mapping[str, str]] = {Route.EXPAND: _GATEWAY_PATHS[Route.EXPAND]}
"""The same for queries, below `/api/v1/tasks/`."""


def create_path(dialect: Dialect, route: Route, model: str = "") -> str:
    """Return the path where a task of this route is created (POST).

    In the newer generation the model is part of it.
    """
    if route.newer:
        return newer_path(dialect, route.value, model)
    if dialect is Dialect.OFFICIAL:
        return f"/v1/{route.value}"
    return f"/api/v1/{_GATEWAY_PATHS.get(route, route.value)}"


def newer_path(dialect: Dialect, root: str, model: str) -> str:
    """Return a path of the newer generation where tasks of this model are created (POST)."""
    before = "" if dialect is Dialect.OFFICIAL else "/api/v1"
    return f"{before}/{root}/{quote(model, safe='')}"


def query_path(dialect: Dialect, route: str, task_id: str) -> str:
    """Return the path of one task (GET), by Kling's id or by ours.

    An id that would change the meaning of the path raises ValueError.
    """
    if not task_id or task_id in {".", ".."}:
        raise ValueError("not an id of a task")
    root = "/v1" if dialect is Dialect.OFFICIAL else "/api/v1/tasks"
    if dialect is Dialect.GATEWAY:
        route = GATEWAY_QUERIES.get(route, route)
    return f"{root}/{route}/{quote(task_id, safe='')}"


def batch_path(dialect: Dialect, task_ids: Sequence[str]) -> str:
    """Return the path of several tasks of any product (GET), by Kling's ids: 20 at most."""
    return _tasks_path(dialect, "task_ids", task_ids)


def own_id_path(dialect: Dialect, external_id: str) -> str:
    """Return the path of the task of any product that was created with our id (GET)."""
    return _tasks_path(dialect, "external_task_ids", [external_id])


def _tasks_path(dialect: Dialect, by: str, ids: Sequence[str]) -> str:
    root = "" if dialect is Dialect.OFFICIAL else "/api/v1"
    return f"{root}/tasks?{by}={','.join(quote(one, safe='') for one in ids)}"


def window_path(dialect: Dialect) -> str:
    """Return the path of the account's tasks of a stretch of time, of any product (POST)."""
    return "/tasks" if dialect is Dialect.OFFICIAL else "/api/v1/tasks"


def list_path(route: Route, *, page: int, page_size: int) -> str:
    """Return the path of one page of the account's tasks (GET); official only, from 1."""
    return f"/v1/{route.value}?pageNum={page}&pageSize={page_size}"


_ROOTS: Final = ("", "/v1", "/api/v1", "/api/v1/tasks")
_NAMES: Final[Mapping[str, str]] = {
    **{f"{root}/{route.value}": route.value for root in _ROOTS for route in (*Route, *Passed)},
    **dict.fromkeys(IDENTIFY_FACE.values(), "identify-face"),
    **dict.fromkeys(SPEAK.values(), "tts"),
    **dict.fromkeys(DELETE_ELEMENT.values(), "delete-element"),
    **{f"/api/v1/{path}": route.value for route, path in _GATEWAY_PATHS.items()},
    **{f"/api/v1/tasks/{path}": route for route, path in GATEWAY_QUERIES.items()},
    **{f"{root}/account": "account" for root in ("", "/api/v1")},
    "/tasks": "tasks",
    "/api/v1/tasks": "tasks",
}
"""What requests are about, by the beginning of their path; the longest that fits counts."""
OTHER_ROUTE: Final = "other"


def route_of(path: str) -> str:
    """Return what a request is about, without any id: one of few words."""
    plain = path.partition("?")[0]
    while plain:
        if plain in _NAMES:
            return _NAMES[plain]
        plain = plain.rpartition("/")[0]
    return OTHER_ROUTE
