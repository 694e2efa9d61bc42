"""Why a server brought no answer, in words: every kind that the network library knows."""

import errno
import socket
import ssl

import aiohttp
import pytest
from aiohttp.client_reqrep import ConnectionKey

from bot.doctor.reach import no_answer
from bot.network import why_not_connected

KEY = ConnectionKey("kling.lan", 443, True, True, None, None, None)


@pytest.mark.parametrize(
    ("failure", "reason", "said"),
    [
        (
            aiohttp.ClientConnectorDNSError(KEY, socket.gaierror(socket.EAI_NONAME, "x")),
            "dns",
            "its host name does not exist",
        ),
        (
            aiohttp.ClientConnectorDNSError(KEY, socket.gaierror(socket.EAI_AGAIN, "x")),
            "dns_away",
            "is this machine online?",
        ),
        (
            aiohttp.ClientConnectorError(KEY, OSError(errno.ENETUNREACH, "x")),
            "offline",
            "is this machine online?",
        ),
        (
            aiohttp.ClientConnectorError(KEY, OSError(errno.ECONNREFUSED, "x")),
            "refused",
            "nothing answers there",
        ),
        (
            aiohttp.ClientConnectorSSLError(KEY, ssl.SSLError(1, "x")),
            "tls",
            "the connection is not trusted",
        ),
        (aiohttp.ConnectionTimeoutError("x"), "connect_timeout", "nothing answers there"),
        (TimeoutError("x"), None, "it does not answer in time"),
        (aiohttp.ServerDisconnectedError("x"), None, "it closes the connection"),
        (ValueError("x"), None, "its answer cannot be read"),
    ],
)
def test_each_cause_has_words(failure: Exception, reason: str | None, said: str) -> None:
    """What the operator reads says what to look at, and nothing of the library's own words."""
    assert why_not_connected(failure) == reason
    assert said in no_answer(failure)
    assert "Error" not in no_answer(failure)
