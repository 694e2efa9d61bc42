"""Why a server can't be reached, in words for the operator. Pure."""

from collections.abc import Mapping
from typing import Final

from bot.network import why_not_connected

_NOT_CONNECTED: Final[Mapping[str, str]] = {
    "dns": "its host name does not exist",
    "dns_away": "its host name cannot be resolved, because no name server answers; is this machine "
    "online?",
    "offline": "there is no route to it; is this machine online?",
    "tls": "the connection is not trusted",
    "refused": "nothing answers there",
    "connect_timeout": "nothing answers there",
    "proxy": "the proxy cannot be reached",
    "proxy_login": "the proxy asks for a user and a password, or refuses those it was given",
    "proxy_refused": "the proxy does not let the connection through",
}
"""By the words of `bot.network.why_not_connected`."""


def not_connected(reason: str) -> str:
    """Return the words for a reason of `KlingUnreachable`."""
    return _NOT_CONNECTED.get(reason, reason)


def no_answer(failure: Exception) -> str:
    """Return why a request got no readable response."""
    reason = why_not_connected(failure)
    if reason is not None:
        return not_connected(reason)
    if isinstance(failure, TimeoutError):
        return "it does not answer in time"
    if isinstance(failure, ValueError):
        return "its answer cannot be read"
    return "it closes the connection"
