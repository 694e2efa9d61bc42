"""Connections to the hosts that the operator named: Discord, Kling, a gateway.

Their names are looked up as the system looks up its own, so that a name of the local network works.
Names that outsiders give us go another way (`bot.media.names`): a slow one must not hold these.
"""

import aiohttp
from aiohttp.resolver import ThreadedResolver


def operators_hosts(*, force_close: bool = False, limit: int = 100) -> aiohttp.TCPConnector:
    """Return a new connector; to be called while the loop runs.

    `force_close` uses no connection twice; `limit` is how many may be open at once, 0 any number.
    """
    # Said aloud: aiohttp takes another resolver by itself where `aiodns` is installed.
    return aiohttp.TCPConnector(resolver=ThreadedResolver(), force_close=force_close, limit=limit)
