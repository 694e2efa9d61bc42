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
from bot.discord.call_budget import CallBudget
from bot.discord.command_sync import refused_for_good
from bot.discord.session_starts import (
    IDENTIFY_EVERY_S,
    UNKNOWN_LIMITS,
    SessionLimits,
    session_limits,
)
from bot.discord.shard_leases import ShardLeases, patience_s
from bot.domain.policy.backoff import BACKOFF_MAX_S, backoff_s
from bot.domain.sharding import ONE_SHARD, Shards, WantedShards
from bot.errors import DiscordRefused, SettingsInvalid, TokenRefused
from bot.meter import Meter
from bot.network import Proxy, operators_hosts, why_not_connected
from bot.settings.discord_section import DiscordSettings
from storage.errors import StorageError
from storage.store import JobStore

AUTHENTICATION_FAILED: Final = 4004
"""Close code of Discord's gateway for a token that is no longer valid."""
INVALID_SHARD: Final = 4010
SHARDING_REQUIRED: Final = 4011
"""Close code for a shard that would hold too many servers (2,500)."""
IDENTIFY_FACT: Final = "identify:{bucket}"
"""When a shard of the bucket identified last, in any of several processes."""
SHARDS_FACT: Final = "shards"
"""How many shards several processes have agreed on, where Discord recommends the number."""
TOKEN_REFUSED: Final = "Discord does not accept discord.token"  # noqa: S105 - words for the operator
LOGIN_REFUSED: Final = (
    "Discord answers the login with HTTP {status}\n"
    "Check discord.api_url, and whether the network of this machine may reach Discord"
)
CONNECTION_REFUSED: Final = (
    "Discord closed the connection for good (code {code})\n"
    "Check discord.gateway_url, and update the program"
)
SHARD_REFUSED: Final = (
    "Discord does not take these shards (code 4010)\nCheck discord.shards and discord.shard_ids"
)
MORE_SHARDS: Final = (
    "Discord refuses to serve so many servers on {count} shard(s) (code 4011), and recommends "
    "{recommended}\n"
    'Set discord.shards to "auto", or to at least that number; with discord.shard_ids in every '
    "process, which together must name each shard once"
)
NO_SUCH_SHARD: Final = (
    "discord.shard_ids: shards count from 0, and there are {count}: Discord recommends that many"
)
RETRY_AFTER_MAX_S: Final = 3_600.0
"""However long Discord asks us to wait, the bot tries again after an hour."""

log = structlog.get_logger(__name__)


def point_discord_at(api_url: str, gateway_url: str) -> None:
    """Set the two class variables that hold discord.py's URLs."""
    Route.BASE = api_url
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway_url)


def make_client(
    discord_settings: DiscordSettings, clock: Clock, store: JobStore, meter: Meter
) -> KlingBot:
    """Return the client for these settings.

    Processes that share the shards take turns to identify, by `store`, and all of them share
    Discord's calls.
    """
    wanted = WantedShards(discord_settings.shard_count, discord_settings.shard_ids)

    async def take_turn(bucket: int) -> float:
        fact = IDENTIFY_FACT.format(bucket=bucket)
        try:
            return await store.take_turn(fact, now=clock.now(), every_s=IDENTIFY_EVERY_S)
        except StorageError:
            return 0.0  # Discord says so itself if it was too early

    return KlingBot(
        clock,
        Proxy.of(discord_settings.proxy.get_secret_value()),
        meter,
        wanted,
        take_turn if wanted.split else None,
        CallBudget(store, clock).turn,
    )


@contextlib.asynccontextmanager
async def connected(
    client: KlingBot, token: str, clock: Clock, grace_s: float
) -> AsyncIterator["asyncio.Task[None]"]:
    """Log in, yield the task that stays connected, and close in the end.

    Retry until Discord is reachable and no longer rate-limits the login. Raises `TokenRefused`, and
    so does the task if the token is revoked while the bot is running; if Discord refuses anything
    else for good, `DiscordRefused`; if another process has its shards for longer than one that
    stops within `grace_s` seconds, `ShardsTaken`.
    """
    leases = ShardLeases(client.store, clock, patience_s(grace_s))
    try:
        await _log_in(client, token, clock)
        connecting = asyncio.create_task(_stay(client, clock, leases), name="discord")
        try:
            yield connecting
        finally:
            await client.close()
            connecting.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await connecting  # its exception went to whoever watched it
    finally:
        await client.close()
        await leases.leave()


@contextlib.asynccontextmanager
async def logged_in(client: discord.Client, token: str, clock: Clock) -> AsyncIterator[None]:
    """Log in, without a connection to the gateway, and close in the end; raises as `connected`."""
    try:
        await _log_in(client, token, clock)
        yield
    finally:
        await client.close()


async def _log_in(client: discord.Client, token: str, clock: Clock) -> None:
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


async def _stay(client: KlingBot, clock: Clock, leases: ShardLeases) -> None:
    wanted, least = client.wanted_shards, 1
    while True:
        shards = await _shards(client, clock, least)
        try:
            await _run(client, shards, leases)
        except discord.ConnectionClosed as closed:
            if closed.code == AUTHENTICATION_FAILED:
                raise TokenRefused(TOKEN_REFUSED) from closed
            if closed.code == INVALID_SHARD:
                raise DiscordRefused(SHARD_REFUSED) from closed
            if closed.code != SHARDING_REQUIRED:
                raise DiscordRefused(CONNECTION_REFUSED.format(code=closed.code)) from closed
            least = 2 * shards.count
            if wanted.count is not None or wanted.split:
                raise await _more_shards(client, shards, least) from closed
            log.warning("discord.more_shards", had=shards.count)
        else:
            return


async def _run(client: KlingBot, shards: Shards, leases: ShardLeases) -> None:
    """Keep these shards connected for as long as no other process has them."""
    await leases.take(shards)
    keeping = asyncio.ensure_future(leases.keep(shards))
    running = asyncio.ensure_future(client.connections.run(shards))
    try:
        await asyncio.wait({keeping, running}, return_when=asyncio.FIRST_COMPLETED)
        await (running if running.done() else keeping)
    finally:
        keeping.cancel()
        running.cancel()
        await asyncio.gather(keeping, running, return_exceptions=True)


async def _shards(client: KlingBot, clock: Clock, least: int) -> Shards:
    """Return the shards to run, once Discord lets so many begin.

    Raises `SettingsInvalid` if one of those that are wanted does not exist.
    """
    wanted = client.wanted_shards
    if wanted.count == 1:
        return ONE_SHARD  # nothing of what Discord says would change that
    while True:
        said = await _limits(client, clock)
        limits = said or UNKNOWN_LIMITS
        client.identify_turns.at_once = limits.at_once
        recommended = max(least, limits.shards)
        if wanted.count is None and wanted.split:
            if said is None:  # the other processes may know better
                await clock.sleep(BACKOFF_MAX_S)
                continue
            recommended = await _agreed(client, recommended)
        shards = wanted.of(recommended)
        if shards is None:
            raise SettingsInvalid(NO_SUCH_SHARD.format(count=recommended))
        if limits.left >= len(shards.ids):
            return shards
        wait_s = max(limits.renewed_in_s, BACKOFF_MAX_S)
        log.warning("discord.sessions_used_up", left=limits.left, again_in_s=wait_s)
        await clock.sleep(wait_s)


async def _limits(client: KlingBot, clock: Clock) -> SessionLimits | None:
    failures = 0
    while True:
        try:
            return await session_limits(client)
        except (discord.HTTPException, aiohttp.ClientError, OSError) as failed:
            wait_s = backoff_s(failures)
            if isinstance(failed, discord.HTTPException):
                wait_s = max(wait_s, _asked_to_wait_s(failed))
            log.warning("discord.unreachable", reason=type(failed).__name__, again_in_s=wait_s)
            failures += 1
            await clock.sleep(wait_s)


async def _agreed(client: KlingBot, recommended: int) -> int:
    """Return the number that the first of several processes was recommended.

    If the shards of this one need more, they were split anew: the newer number holds from now on.
    """
    said = await client.store.agree_on(SHARDS_FACT, str(recommended))
    agreed = int(said) if said.isdecimal() and int(said) > 0 else recommended
    if client.wanted_shards.of(agreed) is None:
        agreed = recommended
        await client.store.set_fact(SHARDS_FACT, str(agreed))
    return agreed


async def _more_shards(client: KlingBot, shards: Shards, least: int) -> DiscordRefused:
    """Return what to tell the operator; processes that start from now on agree on more."""
    with contextlib.suppress(discord.HTTPException, aiohttp.ClientError, OSError):
        if (limits := await session_limits(client)) is not None:
            least = max(shards.count + 1, limits.shards)
    if client.wanted_shards.count is None:
        await client.store.set_fact(SHARDS_FACT, str(least))
    return DiscordRefused(MORE_SHARDS.format(count=shards.count, recommended=least))
