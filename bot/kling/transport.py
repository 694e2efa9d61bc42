"""One HTTP exchange: what was sent, what came back, and whether it ever left.

Knows nothing of Kling's answers. The one judgement made here is the one that decides about money:
before the first byte of the request is sent a failure is `KlingUnreachable`, after it
`KlingUnclear`.
"""

import contextlib
import io
import re
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final, Self

import aiohttp
from yarl import URL

from bot.errors import KlingUnclear, KlingUnreachable, OrderCutShort
from bot.kling.bodies import Body, Sending
from bot.network import NO_PROXY, Proxy, operators_hosts, why_not_connected

ANSWER_MAX_BYTES: Final = 8 * 1024 * 1024
"""A page of tasks with their signed URLs stays far below this."""
READ_CHUNK_BYTES: Final = 64 * 1024
BYTES_PER_MB: Final = 1_000_000
_ORIGIN: Final = re.compile(r"https?://[a-z0-9.:_\[\]-]{1,253}")
USER_AGENT: Final = "kling-discord"


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long an exchange may take, in seconds."""

    connect_s: float = 10.0
    base_s: float = 30.0
    per_mb_s: float = 4.0
    """Images are part of the body, so a large body gets time to be uploaded."""

    def total_s(self, body_bytes: int) -> float:
        """Return the time for a whole exchange with a body of this size."""
        return self.base_s + self.per_mb_s * body_bytes / BYTES_PER_MB


@dataclass(frozen=True, slots=True)
class Reply:
    """A complete HTTP response; its meaning is judged elsewhere."""

    status: int
    body: bytes = field(repr=False)
    server: str = ""
    host: str = ""
    """Which server was asked."""
    target: str = ""
    """Scheme and host of the server that a redirect leads to; empty if it cannot be read."""


class Transport:
    """Sends requests to one base URL, follows no redirects, and reads responses up to a cap.

    Opens its own sessions unless one is given. Its own sessions follow one rule: a POST never uses
    a kept-alive connection, because one that the other side has just closed would leave it unclear
    whether a paid request arrived.
    """

    def __init__(
        self,
        base_url: str,
        *,
        session: aiohttp.ClientSession | None = None,
        timeouts: Timeouts | None = None,
        proxy: Proxy = NO_PROXY,
    ) -> None:
        self._proxy = proxy
        self._base = _checked_base(base_url)
        self._timeouts = timeouts or Timeouts()
        self._given = session
        self._own: dict[str, aiohttp.ClientSession] = {}

    async def __aenter__(self) -> Self:
        if self._given is None:
            self._own = {
                "GET": aiohttp.ClientSession(
                    connector=operators_hosts(), cookie_jar=aiohttp.DummyCookieJar()
                ),
                "POST": aiohttp.ClientSession(
                    connector=operators_hosts(force_close=True),
                    cookie_jar=aiohttp.DummyCookieJar(),
                ),
            }
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        own, self._own = self._own, {}
        for session in own.values():
            await session.close()

    async def send(
        self, method: str, path: str, *, token: str | None, body: bytes | Body | None = None
    ) -> Reply:
        """Return the complete response, whatever its status.

        Raises KlingUnreachable if nothing was sent, OrderCutShort if its body could not be read to
        its end, and KlingUnclear if something may have been sent.
        """
        headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        headers["User-Agent"] = USER_AGENT
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        if body is not None:
            headers["Content-Type"] = "application/json"
            headers["Content-Length"] = str(len(body))
        data = (
            body.sending() if isinstance(body, Body) else None if body is None else io.BytesIO(body)
        )
        try:
            async with self._session(method).request(
                method,
                URL(f"{self._base}{path}", encoded=True),
                headers=headers,
                data=data,
                timeout=aiohttp.ClientTimeout(
                    total=self._timeouts.total_s(len(body or b"")),
                    sock_connect=self._timeouts.connect_s,
                ),
                allow_redirects=False,
                **self._proxy.arguments,
            ) as response:
                return Reply(
                    response.status,
                    await _read(response),
                    server=response.headers.get("Server", ""),
                    host=response.url.authority,
                    target=_target(response),
                )
        except (aiohttp.ClientError, OSError) as failure:
            # Causes are cut off, because their texts contain URLs.
            if isinstance(data, Sending) and data.failure is not None:
                raise OrderCutShort(type(data.failure).__name__) from None
            reason = why_not_connected(failure)
            if reason is not None:
                raise KlingUnreachable(reason) from None
            lost = "timeout" if isinstance(failure, TimeoutError) else "connection_lost"
            raise KlingUnclear(lost) from None

    def _session(self, method: str) -> aiohttp.ClientSession:
        if self._given is not None:
            return self._given
        try:
            return self._own[method]
        except KeyError:
            raise RuntimeError("used outside its `async with`") from None


async def _read(response: aiohttp.ClientResponse) -> bytes:
    whole = bytearray()
    async for chunk in response.content.iter_chunked(READ_CHUNK_BYTES):
        whole += chunk
        if len(whole) > ANSWER_MAX_BYTES:
            raise KlingUnclear("answer_too_large", response.status)
    return bytes(whole)


def _target(response: aiohttp.ClientResponse) -> str:
    """Return where a redirect leads, without what could be secret: path, query and login."""
    with contextlib.suppress(ValueError):  # its message would contain the URL
        target = response.url.join(URL(response.headers.get("Location", "")))
        shown = str(target.origin())
        return shown if _ORIGIN.fullmatch(shown) else ""
    return ""


def _checked_base(base_url: str) -> str:
    url = URL(base_url)
    if url.scheme not in {"http", "https"} or not url.host:
        raise ValueError("the base URL must begin with http:// or https:// and name a host")
    if url.user is not None or url.password is not None or url.query_string or url.fragment:
        raise ValueError("the base URL must hold nothing but a host, a port and a path")
    return str(url).rstrip("/")
