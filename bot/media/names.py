"""Resolves the host names that members and content servers supply, without a thread for each.

The system's resolver (`getaddrinfo`) blocks a thread until the name server answers, and asyncio has
only a few. These look-ups run on c-ares instead: one that hangs costs a few bytes, ends after
`LOOKUP_S`, and delays no other.
"""

import asyncio
import socket
from collections.abc import Sequence
from typing import Final

import aiodns
from aiohttp.abc import AbstractResolver, ResolveResult
from pycares import AddrInfoNode
from pycares.errno import ARES_EBADNAME, ARES_ENODATA, ARES_ENOTFOUND

LOOKUP_S: Final = 5.0
"""How long a look-up may take in total."""
TRY_S: Final = 2.0
"""How long a name server has before it is asked again."""
TRIES: Final = 2
AT_ONCE_MAX: Final = 256
"""Concurrent look-ups; one more is refused immediately instead of being queued."""

_NO_SUCH_NAME: Final = frozenset({ARES_ENOTFOUND, ARES_ENODATA, ARES_EBADNAME})
_NUMERIC: Final = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV


class OutsideNames(AbstractResolver):
    """Resolves names from `/etc/hosts` and the system's name servers.

    Names known only to other services of the system (mDNS, for example) are not found.
    `nameservers` replace the system's: IP addresses, with a port if it is not 53.
    """

    def __init__(
        self, nameservers: Sequence[str] | None = None, *, at_once_max: int = AT_ONCE_MAX
    ) -> None:
        self._nameservers = nameservers
        self._at_once_max = at_once_max
        self._under_way = 0
        self._resolver: aiodns.DNSResolver | None = None

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return every address of `host`, never an empty list.

        Raises `socket.gaierror`: `EAI_NONAME` if the name does not exist, `EAI_AGAIN` if no server
        answered, if it took longer than `LOOKUP_S`, or if too many look-ups are running.
        """
        if self._under_way >= self._at_once_max:
            raise socket.gaierror(socket.EAI_AGAIN, "too many look-ups at once")
        self._under_way += 1
        try:
            async with asyncio.timeout(LOOKUP_S):
                found = await self._channel().getaddrinfo(
                    host, port=port, family=family, type=socket.SOCK_STREAM
                )
        except aiodns.error.DNSError as failure:
            raise _as_gaierror(failure) from None
        except TimeoutError:
            raise socket.gaierror(socket.EAI_AGAIN, "the look-up took too long") from None
        finally:
            self._under_way -= 1
        results = [_result(host, port, node) for node in found.nodes]
        if not results:
            raise socket.gaierror(socket.EAI_NONAME, "no address")
        return results

    async def close(self) -> None:
        """End every look-up."""
        resolver, self._resolver = self._resolver, None
        if resolver is not None:
            await resolver.close()

    def _channel(self) -> aiodns.DNSResolver:
        if self._resolver is None:  # it binds to the running loop
            self._resolver = aiodns.DNSResolver(self._nameservers, timeout=TRY_S, tries=TRIES)
        return self._resolver


def _as_gaierror(failure: aiodns.error.DNSError) -> socket.gaierror:
    code = failure.args[0] if failure.args else None
    known = code in _NO_SUCH_NAME
    return socket.gaierror(socket.EAI_NONAME if known else socket.EAI_AGAIN, "look-up failed")


def _result(host: str, port: int, node: AddrInfoNode) -> ResolveResult:
    return ResolveResult(
        hostname=host,
        host=node.addr[0].decode("ascii"),
        port=port,
        family=node.family,
        proto=0,
        flags=_NUMERIC,
    )
