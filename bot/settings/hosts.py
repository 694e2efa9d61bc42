"""Hosts in settings, in the one form in which a URL's host is compared with them. Pure.

A form that no URL can have is refused in words: it would look like a setting and do nothing.
"""

import ipaddress
import re
from typing import Final

import idna

PORT_MAX: Final = 65_535
FORM: Final = 'must be bare hosts, for example ["media.lan", "10.0.0.5:9000"]'

_NAME: Final = re.compile(r"(?!-)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")
_IN_BRACKETS: Final = re.compile(r"\[([^\[\]]+)\](?::([0-9]+))?")


def check_host(text: str) -> str:
    """Return the host, with its port if it has one, as `bot.media.guard` compares it.

    Small letters, names as they travel (IDNA) and without a last dot, IPv6 addresses at their
    shortest. `ValueError` for what can never match.
    """
    given = text.strip().lower()
    if "*" in given:
        raise ValueError("must name each host: a * matches nothing")
    if not given or any(c in "/@\\" or c.isspace() for c in given):
        raise ValueError(f"{FORM}, without a scheme, a path or a user")
    bracketed = _IN_BRACKETS.fullmatch(given)
    if bracketed is not None:
        host, port = bracketed[1], bracketed[2]
    elif given.count(":") > 1:
        host, port = given, None
    else:
        host, colon, port = given.partition(":")
        if colon and not port:
            raise ValueError("must have a port after the colon")
    name = _address(host) if bracketed or ":" in host else _address_or_name(host)
    if not port:
        return name
    if not (port.isascii() and port.isdigit() and 0 < int(port) <= PORT_MAX):
        raise ValueError(f"must have a port from 1 to {PORT_MAX}")
    return f"[{name}]:{int(port)}" if ":" in name else f"{name}:{int(port)}"


def _address(host: str) -> str:
    try:
        address = ipaddress.IPv6Address(host)
    except ValueError:
        address = None
    if address is None or address.scope_id is not None:
        raise ValueError("must have an IPv6 address between brackets, and without a zone")
    return str(address)


def _address_or_name(host: str) -> str:
    name = host.removesuffix(".")
    if not name.isascii():
        try:
            name = idna.encode(name, uts46=True).decode("ascii")
        except idna.IDNAError:
            raise ValueError("must have the name of a host") from None
    if not _NAME.fullmatch(name):
        raise ValueError("must have the name of a host")
    if not _NUMBER.fullmatch(name.rpartition(".")[2]):
        return name
    try:
        return str(ipaddress.IPv4Address(name))
    except ValueError:
        raise ValueError("must have an IP address in full, for example 127.0.0.1") from None
