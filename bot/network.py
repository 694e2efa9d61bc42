"""Connections to the hosts that the operator configured: Discord, Kling, a gateway.

Their names are resolved by the system, so that a name of the local network works. Names that
outsiders supply go another way (`bot.media.names`): a slow one must not delay these.
"""

import errno
import socket
from typing import Final

import aiohttp
from aiohttp.resolver import ThreadedResolver

NO_WAY_OUT: Final = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN})


def why_not_connected(failure: Exception) -> str | None:
    """Return in a word why nothing was sent; None if something may have been.

    `dns`: no such name. `dns_away`: no name server answers. `offline`: no route. `tls`: not
    trusted. `refused`: nothing listens. `connect_timeout`: the connection was not answered.
    """
    match failure:
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
