"""Connections to the hosts that the operator configured: Discord, Kling, a gateway.

Their names are resolved by the system, so that a name of the local network works. Names that
outsiders supply go another way (`bot.media.names`): a slow one must not delay these.
"""

import errno
import socket
from dataclasses import dataclass, field
from typing import Any, Final, Self
from urllib.parse import quote, unquote, urlsplit

import aiohttp
from aiohttp.resolver import ThreadedResolver

HTTP_PORT: Final = 80
LOGIN_REQUIRED: Final = frozenset({401, 407})
"""407 is HTTP's; tinyproxy says 401 to a wrong password."""
NO_WAY_OUT: Final = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN})


@dataclass(frozen=True, slots=True)
class Proxy:
    """An HTTP proxy that requests go through, or none."""

    url: str | None = field(default=None, repr=False)
    shown: str = ""
    """Without user and password."""

    @classmethod
    def of(cls, url: str) -> Self:
        """Return the proxy of a checked setting; of an empty one, none."""
        if not url:
            return cls()
        parts = urlsplit(url)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        place = f"{host}:{parts.port or HTTP_PORT}"
        login = ":".join(map(_as_aiohttp_sends_it, (parts.username or "", parts.password or "")))
        named = f"{login}@" if parts.username is not None else ""
        return cls(f"http://{named}{place}", f"http://{place}")

    @property
    def arguments(self) -> dict[str, Any]:
        """What aiohttp and discord.py take beside other arguments."""
        return {} if self.url is None else {"proxy": self.url}

    @property
    def is_set(self) -> bool:
        """Whether there is one."""
        return self.url is not None


def _as_aiohttp_sends_it(quoted: str) -> str:
    """Return a user or a password so that its UTF-8 is sent: aiohttp 3 sends Latin-1."""
    return quote(unquote(quoted).encode().decode("latin-1"), safe="")


NO_PROXY: Final = Proxy()


def why_not_connected(failure: Exception) -> str | None:  # noqa: PLR0911 - one for each word
    """Return in a word why nothing was sent; None if something may have been.

    `dns`: no such name. `dns_away`: no name server answers. `offline`: no route. `tls`: not
    trusted. `refused`: nothing listens. `connect_timeout`: the connection was not answered.
    `proxy`, `proxy_login`, `proxy_refused`: the proxy cannot be reached, does not know us, or does
    not let us through.
    """
    match failure:
        case aiohttp.ClientProxyConnectionError():
            return "proxy"
        case aiohttp.ClientHttpProxyError():
            return "proxy_login" if failure.status in LOGIN_REQUIRED else "proxy_refused"
        case aiohttp.ClientConnectorDNSError():
            return "dns_away" if failure.os_error.errno == socket.EAI_AGAIN else "dns"
        case aiohttp.ClientSSLError():
            return "tls"
        case aiohttp.ClientConnectorError():
            return "offline" if failure.os_error.errno in NO_WAY_OUT else "refused"
        case aiohttp.ConnectionTimeoutError():
            return "connect_timeout"
        case _:
            return None


def operators_hosts(*, force_close: bool = False, limit: int = 100) -> aiohttp.TCPConnector:
    """Return a new connector; call it while the loop is running.

    `force_close` uses no connection twice; `limit` is how many may be open at once, 0 means any
    number.
    """
    # Explicit, because aiohttp picks another resolver if `aiodns` is installed.
    return aiohttp.TCPConnector(resolver=ThreadedResolver(), force_close=force_close, limit=limit)
