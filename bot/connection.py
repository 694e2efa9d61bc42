"""Connects the bot to Discord and keeps trying while Discord is unreachable."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Final

import aiohttp
import discord
import structlog
import yarl
from aiohttp import hdrs
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.client import KlingBot
from bot.clock import Clock
from bot.discord.command_sync import refused_for_good
from bot.domain.policy.backoff import backoff_s
from bot.errors import DiscordRefused, TokenRefused
from bot.network import operators_hosts, why_not_connected

AUTHENTICATION_FAILED: Final = 4004
"""Close code of Discord's gateway for a token that is no longer valid."""
TOKEN_REFUSED: Final = "Discord does not accept discord.token"  # noqa: S105 - words for the operator
LOGIN_REFUSED: Final = (
    "Discord answers the login with HTTP {status}\n"
    "Check discord.api_url, and whether the network of this machine may reach Discord"
)
CONNECTION_REFUSED: Final = (
    "Discord closed the connection for good (code {code})\n"
    "Check discord.gateway_url, and update the program"
)
RETRY_AFTER_MAX_S: Final = 3_600.0
"""However long Discord asks us to wait, the bot tries again after an hour."""

log = structlog.get_logger(__name__)


def point_discord_at(api_url: str, gateway_url: str) -> None:
    """Set the two class variables that hold discord.py's URLs."""
    Route.BASE = api_url
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway_url)


@contextlib.asynccontextmanager
async def connected(
    client: KlingBot, token: str, clock: Clock
) -> AsyncIterator["asyncio.Task[None]"]:
    """Log in, yield the task that stays connected, and close in the end.

    Retry until Discord is reachable and no longer rate-limits the login. Raises `TokenRefused`, and
    so does the task if the token is revoked while the bot is running; if Discord refuses anything
    else for good, `DiscordRefused`.
    """
    try:
        await _log_in(client, token, clock)
        connecting = asyncio.create_task(_stay(client, clock), name="discord")
        try:
            yield connecting
        finally:
            await client.close()
            connecting.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await connecting  # its exception went to whoever watched it
    finally:
        await client.close()


async def _log_in(client: KlingBot, token: str, clock: Clock) -> None:
    failures = 0
    while True:
        wait_s = backoff_s(failures)
        try:
            await client.login(token)
        except discord.LoginFailure as refused:
            raise TokenRefused(TOKEN_REFUSED) from refused
        except discord.HTTPException as failed:
            if refused_for_good(failed):
                raise DiscordRefused(LOGIN_REFUSED.format(status=failed.status)) from failed
            wait_s = max(wait_s, _asked_to_wait_s(failed))
            reason = f"HTTP {failed.status}"
        except (aiohttp.ClientError, OSError) as unreachable:
            reason = why_not_connected(unreachable) or type(unreachable).__name__
        except (AttributeError, KeyError, TypeError, ValueError):
            if client.application_id is not None:  # a fault of ours, in the hook after logging in
                raise
            reason = "unreadable answer"  # a page of the network in front of Discord, for example
        else:
            return
        # discord.py opens a session at each login; the last one, and its connector, are finished.
        await client.http.close()
        client.http.connector = operators_hosts(limit=0)
        log.warning("discord.unreachable", reason=reason, again_in_s=wait_s)
        failures += 1
        await clock.sleep(wait_s)


def _asked_to_wait_s(failed: discord.HTTPException) -> float:
    """Return the value of `Retry-After`, within bounds; 0 if it is not readable.

    discord.py waits for Discord's own limits; a limit that arrives here comes from the network in
    front of Discord and lasts longer.
    """
    try:
        asked_s = float(failed.response.headers.get(hdrs.RETRY_AFTER, 0))
    except ValueError:  # a date, which HTTP allows as well
        return 0.0
    return min(asked_s, RETRY_AFTER_MAX_S) if asked_s > 0 else 0.0


async def _stay(client: KlingBot, clock: Clock) -> None:
    failures = 0
    while True:
        try:
            await client.connect(reconnect=True)
        except discord.ConnectionClosed as closed:
            if closed.code == AUTHENTICATION_FAILED:
                raise TokenRefused(TOKEN_REFUSED) from closed
            raise DiscordRefused(CONNECTION_REFUSED.format(code=closed.code)) from closed
        except AttributeError:
            connection: object = client.ws
            if connection is not None:
                raise
            # discord.py 2.7 wants to resume, even if there never was a connection.
            log.warning("discord.unreachable", reason="gateway", again_in_s=backoff_s(failures))
            await clock.sleep(backoff_s(failures))
            failures += 1
        else:
            return
