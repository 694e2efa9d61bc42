"""Decides which URLs may be downloaded: public ones, and the hosts that the operator names.

The rules for a URL as written are pure (`parse_url`, `is_public`). Where a host name points is
decided by `GuardedResolver` at connect time: the IP addresses it returns are the ones that are
checked and the ones that are connected to, so a name that changes in between gains nothing.
"""

import ipaddress
import re
import socket
from collections.abc import Iterable
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address
from typing import Final

from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from bot.errors import DownloadFailed, UrlRefused

SCHEMES: Final = frozenset({"http", "https"})
PORTS: Final = frozenset({80, 443})
NO_SUCH_NAME = frozenset({socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)})
"""The resolver's codes for names that do not exist; all other errors are temporary."""

_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?")
_AUTHORITY_ENDS = re.compile(r"[/?#]")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_LAST_SPACE = " "  # this character and those before it are separators or control characters
_DELETE = "\x7f"

# `is_global` of Python 3.11 calls these global, or newer versions disagree with older ones.
_NOT_PUBLIC_V4: Final = tuple(
    ipaddress.IPv4Network(network)
    for network in (
        *("0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24", "240.0.0.0/4"),
        "168.63.129.16",  # public by number, but Azure serves a machine's secrets there
    )
)
_NOT_PUBLIC_V6: Final = tuple(
    ipaddress.IPv6Network(network) for network in ("2001::/23", "2001:db8::/32", "3fff::/20")
)
_GLOBAL_UNICAST: Final = ipaddress.IPv6Network("2000::/3")
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
_LAST_32_BITS: Final = 0xFFFF_FFFF


def is_public(address: str) -> bool:
    """Whether a numeric IP address belongs to the public internet.

    An IPv4 address wrapped in IPv6 (mapped, 6to4, NAT64) counts as the wrapped one; an address with
    a zone, and anything that is not an address, is not public.
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, IPv4Address):
        return _is_public_v4(parsed)
    if parsed.scope_id is not None:
        return False
    wrapped = parsed.ipv4_mapped or parsed.sixtofour
    if parsed in _NAT64:
        wrapped = IPv4Address(int(parsed) & _LAST_32_BITS)
    if wrapped is not None:
        return _is_public_v4(wrapped)
    return _is_public_v6(parsed)


def _is_public_v4(address: IPv4Address) -> bool:
    return (
        address.is_global
        and not address.is_multicast
        and not any(address in network for network in _NOT_PUBLIC_V4)
    )


def _is_public_v6(address: IPv6Address) -> bool:
    return (
        address in _GLOBAL_UNICAST
        and address.is_global
        and not any(address in network for network in _NOT_PUBLIC_V6)
    )


def is_exempt(host: str, port: int | None, private_hosts: frozenset[str]) -> bool:
    """Whether the operator named this host in `media.private_hosts`, as `host` or `host:port`."""
    name = host.removesuffix(".")
    return not private_hosts.isdisjoint({name, f"{name}:{port}", f"[{name}]:{port}"})


def parse_url(url: str, private_hosts: frozenset[str] = frozenset()) -> URL:
    """The parsed URL, if nothing in it as written forbids downloading it.

    Raises UrlRefused with reason `scheme`, `userinfo`, `host`, `port` or `private`.
    """
    if any(character <= _LAST_SPACE or character in {_DELETE, "\\"} for character in url):
        raise UrlRefused("host")  # parsers disagree about these, and Kling's is different again
    parsed = _parsed(url)
    if parsed.scheme not in SCHEMES:
        raise UrlRefused("scheme")
    if "@" in _AUTHORITY_ENDS.split(url.partition("//")[2], maxsplit=1)[0]:
        raise UrlRefused("userinfo")  # even an empty one: parsers disagree about it
    if _has_foreign_digits(parsed):
        raise UrlRefused("host")  # we read it as a name, others as a number
    host = (parsed.raw_host or "").lower()
    literal = _literal(host)
    if is_exempt(host, parsed.port, private_hosts):
        return parsed
    if parsed.port not in PORTS:
        raise UrlRefused("port")
    if literal is not None and not is_public(literal):
        raise UrlRefused("private")
    return parsed


def check_written(url: str, *, public_only: bool) -> None:
    """Return if nothing in the URL as written forbids passing it on to Kling.

    Any port is allowed, and without `public_only` any network. Raises UrlRefused with reason
    `scheme`, `userinfo`, `host` or `private`.
    """
    try:
        parse_url(url)
    except UrlRefused as refused:
        if refused.reason not in {"port", "private"}:
            raise
    if public_only and not is_outside(url):
        raise UrlRefused("private")


def is_outside(url: str) -> bool:
    """Tell whether the host of a URL is on the internet: a public IP address, or a dotted name."""
    host = (_parsed(url).raw_host or "").lower()
    literal = _literal(host)
    if literal is not None:
        return is_public(literal)
    return "." in host.removesuffix(".") and not host.removesuffix(".").endswith(".localhost")


def _parsed(url: str) -> URL:
    """`url` in parts; its path and query unchanged, because signatures cover them."""
    # Its message contains the URL, so nothing is chained to it; yarl itself fails on `[::1]@`.
    with suppress(ValueError, IndexError):
        parsed = URL(url)
        exact = URL(url, encoded=True)
        return exact if url.isascii() and exact.authority == parsed.authority else parsed
    raise UrlRefused("host")


def _has_foreign_digits(parsed: URL) -> bool:
    """Tell whether the host has digits of other scripts; an unreadable host may have any."""
    with suppress(ValueError):
        return any(letter.isdecimal() and not letter.isascii() for letter in parsed.host or "")
    return True


def _literal(host: str) -> str | None:
    """The IP address that `host` spells in numbers, None for a name; raises UrlRefused for neither.

    Every parser reads a host whose last part is a number as an IP address (`127.1`, `0x7f.1`,
    `2130706433`), so it has to be written as a proper one.
    """
    name = host.removesuffix(".")
    if ":" in name:
        if "%" in name:
            raise UrlRefused("host")
        return name
    if not _NAME.fullmatch(host):
        raise UrlRefused("host")
    if not _NUMBER.fullmatch(name.rpartition(".")[2]):
        return None
    with suppress(ValueError):
        return str(IPv4Address(name))
    raise UrlRefused("host")


class GuardedResolver(AbstractResolver):
    """Resolves names to public IP addresses only, and exempt hosts to any.

    One private address among the answers refuses the name: choosing one of them is not our job.
    """

    def __init__(
        self, names: AbstractResolver, private_hosts: frozenset[str] = frozenset()
    ) -> None:
        self._names = names
        self._private_hosts = private_hosts

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Every IP address of `host`. Raises UrlRefused(`private`), OSError if there is none."""
        results = await self._names.resolve(host, port, family)
        if not is_exempt(host.lower(), port, self._private_hosts):
            _refuse_private(result["host"] for result in results)
        return results

    async def close(self) -> None:
        """Close nothing: the inner resolver belongs to its owner."""


def _refuse_private(addresses: Iterable[str]) -> None:
    if not all(is_public(address) for address in addresses):
        raise UrlRefused("private")


async def check_url(
    url: str, names: AbstractResolver, private_hosts: frozenset[str] = frozenset()
) -> None:
    """Return if Kling may fetch `url`: public as written, and by what its name resolves to.

    Raises UrlRefused with any of its reasons, `unresolvable` if the name does not exist, and
    DownloadFailed if names can't be resolved right now. Kling resolves the name again, so this
    protects honest members from mistakes; against a name that changes in between, Kling must
    protect itself.
    """
    parsed = parse_url(url, private_hosts)
    host, port = parsed.raw_host or "", parsed.port or 0
    if _literal(host) is not None:
        return
    resolver = GuardedResolver(names, private_hosts)
    try:
        found = bool(await resolver.resolve(host, port, socket.AF_UNSPEC))
    except UnicodeError:
        found = False
    except OSError as trouble:
        if not isinstance(trouble, socket.gaierror) or trouble.errno not in NO_SUCH_NAME:
            raise DownloadFailed(host, "dns") from None
        found = False
    if not found:
        raise UrlRefused("unresolvable")


async def check_name(url: URL, names: AbstractResolver, private_hosts: frozenset[str]) -> None:
    """Return if a proxy may be asked for a parsed URL: its name resolves here, to public addresses.

    A host that the operator names is not resolved. Raises UrlRefused(`private`), and DownloadFailed
    if the name does not resolve here: what only the proxy can resolve may lead into its network.
    """
    host = url.raw_host or ""
    if is_exempt(host.lower(), url.port, private_hosts):
        return
    try:
        await check_url(str(url), names, private_hosts)
    except UrlRefused as refused:
        if refused.reason == "unresolvable":
            raise DownloadFailed(host, "dns") from None
        raise
