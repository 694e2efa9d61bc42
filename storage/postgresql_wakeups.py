"""LISTEN on a connection of its own, for as long as it is proven to work.

Behind a pooler in transaction mode LISTEN succeeds and nothing ever arrives: the server connection
goes to somebody else. So the listener sends itself something first.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

from storage.errors import StorageUnavailable

CHANNEL: Final = "kling_discord_work"
ECHO_WITHIN_S: Final = 5.0
ALIVE_EVERY_S: Final = 20.0
"""How often the connection is tried: a network that was cut says nothing."""
ANSWER_S: Final = 10.0


async def hear(
    connection: Any,
    owner: str,
    heard: Callable[[], None],
    announce: Callable[[str], Awaitable[None]],
) -> None:
    """Listen on a connection of asyncpg's until cancelled; see `storage.wakeups`."""
    echoed, ended = asyncio.Event(), asyncio.Event()

    def notified(_connection: Any, _pid: int, _channel: str, sender: str) -> None:
        if sender == owner:
            echoed.set()
        else:
            heard()

    def closed(_connection: Any) -> None:
        ended.set()

    connection.add_termination_listener(closed)
    await connection.add_listener(CHANNEL, notified)
    await announce(owner)
    try:
        async with asyncio.timeout(ECHO_WITHIN_S):
            await echoed.wait()
    except TimeoutError:
        raise StorageUnavailable("deaf", "LISTEN hears nothing: a pooler before it?") from None
    heard()  # something may have been announced before
    while True:
        try:
            async with asyncio.timeout(ALIVE_EVERY_S):
                await ended.wait()
        except TimeoutError:
            async with asyncio.timeout(ANSWER_S):
                await connection.execute("SELECT 1")
        else:
            raise StorageUnavailable("cannot_open", "the connection was lost")
