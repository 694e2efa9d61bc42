"""Listening: a web application on an address, with the limits that an open port needs."""

import asyncio
import errno
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final, cast

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.log import server_logger

from bot.errors import SettingsInvalid
from bot.settings.addresses import Address

IDLE_S: Final = 20.0
"""A connection that has not sent complete headers by then, or is idle, is closed."""
UNREAD_BODY_S: Final = 2.0
"""How long the rest of an unread body may keep its connection."""
CLOSE_S: Final = 2.0
"""How long running requests may continue once listening ends."""
CONNECTIONS_MAX: Final = 256
"""Further connections are closed, so that callers can't use up the process's file descriptors."""
HEADERS_MAX: Final = 64
HEADER_BYTES_MAX: Final = 8_190
_REASONS: Final = {
    errno.EADDRINUSE: "is in use by another program",
    errno.EADDRNOTAVAIL: "is not an address of this machine",
    errno.EACCES: "may not be used by this user; take a port above 1023",
}


class _OurFaults(logging.LoggerAdapter[logging.Logger]):
    """aiohttp's server log, without the errors that callers cause.

    Each malformed request would otherwise log a page with its bytes, so that anyone who reaches the
    port could fill the log.
    """

    def exception(self, msg: object, *args: object, exc_info: Any = True, **kwargs: Any) -> None:
        if isinstance(exc_info, HttpProcessingError):
            self.debug("%s", type(exc_info).__name__)
        else:
            super().exception(msg, *args, exc_info=exc_info, **kwargs)


class _NoRoom(asyncio.Protocol):
    """Hangs up."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.close()


@asynccontextmanager
async def listen(
    app: web.Application,
    address: Address,
    *,
    key: str,
    idle_s: float = IDLE_S,
    unread_body_s: float = UNREAD_BODY_S,
    connections_max: int = CONNECTIONS_MAX,
) -> AsyncIterator[Address]:
    """Serve `app` while the block runs; yields the address with the actual port.

    `key` names the setting in `SettingsInvalid`, which is raised if the address can't be used.
    """
    runner = web.AppRunner(
        app,
        access_log=None,
        logger=_OurFaults(server_logger),
        keepalive_timeout=idle_s,
        lingering_time=unread_body_s,
        shutdown_timeout=CLOSE_S,
        max_headers=HEADERS_MAX,
        max_field_size=HEADER_BYTES_MAX,
        max_line_size=HEADER_BYTES_MAX,
    )
    await runner.setup()
    callers = cast("web.Server", runner.server)  # it exists after `setup`

    def answer() -> asyncio.Protocol:
        return callers() if len(callers.connections) < connections_max else _NoRoom()

    try:
        try:
            loop = asyncio.get_running_loop()
            listening = await loop.create_server(answer, address.host, address.port)
        except OSError as refused:
            reason = _REASONS.get(refused.errno or 0, "cannot be listened on")
            raise SettingsInvalid(f"{key}: {address} {reason}") from refused
        try:
            yield Address(address.host, int(listening.sockets[0].getsockname()[1]))
        finally:
            listening.close()
    finally:
        await runner.cleanup()
