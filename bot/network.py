"""Connections to the hosts that the operator named: Discord, Kling, a gateway.

Their names are looked up as the system looks up its own, so that a name of the local network works.
Names that outsiders give us go another way (`bot.media.names`): a slow one must not hold these.
"""

import errno
import socket
from typing import Final

import aiohttp
from aiohttp.resolver import ThreadedResolver

NO_WAY_OUT: Final = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN})


def why_not_connected(failure: Exception) -> str | None:
    """Return in a word why nothing was sent; None where something may have been.

    `dns`: no such name. `dns_away`: no name server answers. `offline`: no way there. `tls`: not
    trusted. `refused`: nothing listens. `connect_timeout`: no answer to the connection's request.
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
    """Return a new connector; to be called while the loop runs.

    `force_close` uses no connection twice; `limit` is how many may be open at once, 0 any number.
    """
    # Said aloud: aiohttp takes another resolver by itself where `aiodns` is installed.
    return aiohttp.TCPConnector(resolver=ThreadedResolver(), force_close=force_close, limit=limit)
