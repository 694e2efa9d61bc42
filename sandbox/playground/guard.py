"""Who may talk to the local worlds through a browser: only the page itself.

The bot's own requests carry neither `Origin` nor `Sec-Fetch-Site` and pass; requests of a foreign
page, a rebound name or a frame are refused before anything else. `localhost` is redirected to the
page's one URL; no other name is, so a rebound one gains nothing.
"""

from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import hdrs, web
from aiohttp.typedefs import Middleware

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

CONTENT_FOLDERS: Final = ("/attachments/", "/ephemeral-attachments/")
PAGE_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "media-src 'self' blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
CONTENT_POLICY: Final = (
    "sandbox; default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; "
    "frame-ancestors 'none'"
)
"""Files come from members: opened directly, they must not run anything, whatever they are."""
SAME_SITE: Final = ("same-origin", "none")
OTHER_NAMES: Final = ("localhost", "[::1]")
"""What people type for this machine, beside 127.0.0.1."""


def guard(url: Callable[[], str]) -> Middleware:
    """Return the middleware that lets only requests to and from `url()` in."""

    @web.middleware
    async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
        origin = url()
        if request.headers.get(hdrs.HOST) != origin.removeprefix("http://"):
            raise elsewhere(request, origin)
        if request.headers.get(hdrs.ORIGIN, origin) != origin or _from_other_site(request):
            raise web.HTTPForbidden(text="Other pages may not make requests here.")
        response = await handler(request)
        if not response.prepared:
            harden(request, response)
        return response

    return guarded


def elsewhere(request: web.BaseRequest, origin: str) -> web.HTTPException:
    """Return the response to a request that names another host: a redirect for `localhost`.

    Only what a person typed or followed on this machine is redirected: a page opened by its other
    name has no origin of its own here, and a foreign page names its site.
    """
    port = origin.removeprefix("http://127.0.0.1")
    known = request.headers.get(hdrs.HOST, "").lower() in {f"{name}{port}" for name in OTHER_NAMES}
    asks = request.method in (hdrs.METH_GET, hdrs.METH_HEAD)
    if known and asks and hdrs.ORIGIN not in request.headers and not _from_other_site(request):
        path = request.raw_path if request.raw_path.startswith("/") else "/"
        moved = web.HTTPTemporaryRedirect(f"{origin}{path}")
        moved.headers[hdrs.CACHE_CONTROL] = "no-store"
        return moved
    return web.HTTPForbidden(text=f"This page is at {origin}/")


def _from_other_site(request: web.BaseRequest) -> bool:
    return request.headers.get("Sec-Fetch-Site", "none") not in SAME_SITE


def from_page(request: web.Request) -> None:
    """Refuse what cannot come from the page: its own requests name their origin.

    Raises:
        web.HTTPForbidden: if `Origin` is missing; a wrong one never gets here.
    """
    if hdrs.ORIGIN not in request.headers:
        raise web.HTTPForbidden(text="Only the page itself may make requests here.")


def harden(request: web.Request, response: web.StreamResponse) -> None:
    """Add the browser's security headers."""
    content = request.path.startswith(CONTENT_FOLDERS)
    response.headers["Content-Security-Policy"] = CONTENT_POLICY if content else PAGE_POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    if not content:
        response.headers[hdrs.CACHE_CONTROL] = "no-cache"
