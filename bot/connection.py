"""Gets the bot connected to Discord and keeps trying while Discord cannot be reached."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Final

import aiohttp
import discord
import structlog
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.client import KlingBot
from bot.clock import Clock
from bot.errors import TokenRefused
from bot.policy import backoff_s

AUTHENTICATION_FAILED: Final = 4004
"""Close code of Discord's gateway for a token that is no longer valid."""
SERVER_ERROR_STATUS: Final = 500
TOKEN_REFUSED: Final = "Discord does not accept discord.token"  # noqa: S105 - words for the operator

log = structlog.get_logger(__name__)


def point_discord_at(api_url: str, gateway_url: str) -> None:
    """Set the two class variables that hold discord.py's addresses."""
    Route.BASE = api_url
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway_url)


@contextlib.asynccontextmanager
async def connected(
    client: KlingBot, token: str, clock: Clock
) -> AsyncIterator["asyncio.Task[None]"]:
    """Log in, give the task that stays connected, and close in the end.

    Waits for a Discord that cannot be reached, however long. Raises `TokenRefused`, and so does the
    task when the token is taken back while the bot runs.
    """
    try:
        await _log_in(client, token, clock)
        connecting = asyncio.create_task(_stay(client), name="discord")
        try:
            yield connecting
        finally:
            await client.close()
            connecting.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await connecting  # what it ended with was told to whoever watched it
    finally:
        await client.close()


async def _log_in(client: KlingBot, token: str, clock: Clock) -> None:
    failures = 0
    while True:
        try:
            await client.login(token)
        except discord.LoginFailure as refused:
            raise TokenRefused(TOKEN_REFUSED) from refused
        except discord.HTTPException as failed:
            if failed.status < SERVER_ERROR_STATUS:
                raise
            reason = f"HTTP {failed.status}"
        except (aiohttp.ClientError, OSError) as unreachable:
            reason = type(unreachable).__name__
        else:
            return
        # discord.py opens a session at each login; the last one, and what it ran on, is over.
        await client.http.close()
        client.http.connector = aiohttp.TCPConnector(limit=0)
        wait_s = backoff_s(failures)
        log.warning("discord.unreachable", reason=reason, again_in_s=wait_s)
        failures += 1
        await clock.sleep(wait_s)


async def _stay(client: KlingBot) -> None:
    try:
        await client.connect(reconnect=True)
    except discord.ConnectionClosed as closed:
        if closed.code == AUTHENTICATION_FAILED:
            raise TokenRefused(TOKEN_REFUSED) from closed
        raise
