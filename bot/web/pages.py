"""The bot's own pages: its health for a watchdog, callbacks for Kling, the rest behind a token.

Nothing here has an effect: a callback only wakes the poller, which queries Kling itself.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

import structlog
from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from bot.web.access import bears_token, names_this_machine

CALLBACK_PATH: Final = "/callback/"
KEY_CHARACTERS_MIN: Final = 16
KEY_CHARACTERS_MAX: Final = 64
ANSWER_S: Final = 2.0
"""How long the health check or a callback may take; a watchdog waits no longer either."""
HEALTH_KEPT_S: Final = 1.0
"""How long an answer about the health serves everyone: anyone may ask, as often as they like."""
CALLBACKS_AT_ONCE_MAX: Final = 8
"""Further callbacks are answered and dropped: a hint may be lost, but the database must not be
flooded."""
BODY_BYTES_MAX: Final = 64 * 1024

OPEN_PAGES: Final = frozenset({"healthz", "callback"})
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Health:
    """The bot's health. Nothing in it is secret: anyone who can reach the page may read it."""

    discord: bool | None
    """Connected to Discord; None: this process is a worker, and has no such connection."""
    database: bool
    """The database answers."""
    jobs: Mapping[str, int] = field(default_factory=dict)
    """How many jobs are in each state."""

    @property
    def ok(self) -> bool:
        """Everything that a member's command needs of this process is there."""
        return self.discord is not False and self.database


def make_pages(
    *,
    healthy: Callable[[], Awaitable[Health]],
    on_callback: Callable[[str], Awaitable[None]],
    api_token: str,
) -> web.Application:
    """Return the pages; routes added to them are behind the token automatically.

    `GET /healthz` returns 200 or 503. `POST /callback/{key}` returns 200 for every well-formed key,
    so that it reveals none, and passes it to `on_callback`. Everything else requires
    `Authorization: Bearer <api_token>` and is 404 without it. With an empty token, which the
    settings allow on loopback only, the request has to name this machine.
    """
    app = web.Application(middlewares=[_guard(api_token)], client_max_size=BODY_BYTES_MAX)
    app.router.add_get("/healthz", _health_page(healthy), name="healthz")
    shape = f"[A-Za-z0-9_-]{{{KEY_CHARACTERS_MIN},{KEY_CHARACTERS_MAX}}}"
    app.router.add_post(
        f"{CALLBACK_PATH}{{key:{shape}}}", _callback_page(on_callback), name="callback"
    )
    return app


def _guard(api_token: str) -> Middleware:
    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        resource = request.match_info.route.resource
        is_open = resource is not None and resource.name in OPEN_PAGES
        may = bears_token(request, api_token) if api_token else names_this_machine(request)
        if not is_open and not may:
            raise web.HTTPNotFound
        return await handler(request)

    return guard


def _health_page(healthy: Callable[[], Awaitable[Health]]) -> Handler:
    looking = asyncio.Lock()
    known: Health | None = None
    known_until = 0.0
    well = True

    async def look() -> Health:
        nonlocal well
        try:
            async with asyncio.timeout(ANSWER_S):
                health = await healthy()
        except Exception:  # noqa: BLE001  whatever it was, a watchdog must read "not well"
            if well:  # once, not for every caller
                _log.warning("health could not be told", exc_info=True)
            well = False
            return Health(discord=False, database=False)
        well = True
        return health

    async def page(_request: web.Request) -> web.StreamResponse:
        nonlocal known, known_until
        now = asyncio.get_running_loop().time
        async with looking:  # one look serves everyone who asks meanwhile
            if known is None or now() >= known_until:
                known = await look()
                known_until = now() + HEALTH_KEPT_S
            health = known
        body: dict[str, object] = {
            "ok": health.ok,
            **_of_discord(health.discord),
            "database": "ok" if health.database else "unavailable",
            "jobs": dict(health.jobs),
        }
        status = HTTPStatus.OK if health.ok else HTTPStatus.SERVICE_UNAVAILABLE
        return web.json_response(body, status=status, headers={hdrs.CACHE_CONTROL: "no-store"})

    return page


def _of_discord(connected: bool | None) -> dict[str, str]:  # noqa: FBT001 - a state, no switch
    if connected is None:
        return {}
    return {"discord": "connected" if connected else "disconnected"}


def _callback_page(on_callback: Callable[[str], Awaitable[None]]) -> Handler:
    busy = 0

    async def page(request: web.Request) -> web.StreamResponse:
        # The body is not even read: it is never trusted, and the server drops what arrives of it.
        nonlocal busy
        if busy < CALLBACKS_AT_ONCE_MAX:
            busy += 1
            try:
                async with asyncio.timeout(ANSWER_S):
                    await on_callback(request.match_info["key"])
            except Exception:  # noqa: BLE001  a hint that fails is no hint; polling goes on
                _log.warning("a callback could not be used", exc_info=True)
            finally:
                busy -= 1
        return web.Response()

    return page
