"""Network addresses and URLs in settings: where a server listens, and where one is reached.

Pure checks that raise `ValueError` with a message for the operator. They never repeat the input,
because a URL may contain a password.
"""

import base64
import ipaddress
from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import unquote, urlsplit

PORT_MAX: Final = 65_535
_PROXY_FORM: Final = (
    'must be "http://HOST:PORT" or "http://USER:PASSWORD@HOST:PORT"; write a sign that is neither '
    "letter nor digit as %XX"
)


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server listens. Port 0 means any free port."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `host:port`, with an IPv6 address in brackets; `ValueError` for anything else."""
        host, _, port = text.rpartition(":")
        bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
        well_formed = bare and not any(c in "[]/@" or c.isspace() for c in bare)
        if ":" in bare:
            well_formed = well_formed and bare != host
        if not (well_formed and port.isascii() and port.isdigit() and int(port) <= PORT_MAX):
            raise ValueError('must be "host:port", for example "127.0.0.1:8080"')
        return cls(bare, int(port))

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it; a name other than `localhost` is public."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def check_url(text: str, *schemes: str) -> str:
    """Return the URL unchanged if it has one of the schemes, a host, and nothing secret."""
    try:
        parts = urlsplit(text)
        _ = parts.port  # accessing it validates it
    except ValueError:
        raise ValueError("is not a URL") from None
    if parts.scheme not in schemes or not parts.hostname or any(c.isspace() for c in text):
        raise ValueError(f"must begin with {' or '.join(f'{s}://' for s in schemes)} and a host")
    if parts.username is not None or parts.password is not None:
        raise ValueError("must not contain a user name or a password")
    if parts.query or parts.fragment:
        raise ValueError("must end before any ? or #")
    return text


def check_proxy(text: str) -> str:
    """Return the URL of an HTTP proxy unchanged; user and password may be in it."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ValueError(_PROXY_FORM) from None
    bare = parts.path in {"", "/"} and not parts.query and not parts.fragment
    if parts.scheme != "http" or not parts.hostname or port == 0 or not bare:
        raise ValueError(_PROXY_FORM)
    if any(character.isspace() or not character.isprintable() for character in text):
        raise ValueError(_PROXY_FORM)
    return text


def proxy_secrets(url: str) -> tuple[str, ...]:
    """Return everything in a proxy's URL that must not be shown, in every spelling."""
    login = urlsplit(url).netloc.rpartition("@")[0]
    if not login:
        return ()
    user, colon, password = login.partition(":")
    plain = f"{unquote(user)}:{unquote(password)}"
    sent = base64.b64encode(plain.encode()).decode()
    return (login, plain, sent, *((password, unquote(password)) if colon else ()))


def check_http_url(text: str) -> str:
    """Return an http(s) URL without a trailing slash."""
    return check_url(text.rstrip("/"), "https", "http")


def check_server_root(text: str) -> str:
    """Return the root of an HTTP server without a trailing slash; API paths are refused."""
    root = check_http_url(text)
    if "v1" in urlsplit(root).path.casefold().split("/"):
        raise ValueError("must be the server's root: leave out /v1 and /api/v1")
    return root
