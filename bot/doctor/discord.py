"""Examines Discord: the token, who may invite the bot, its servers, its permissions there."""

import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import aiohttp

from bot import __version__
from bot.doctor.findings import SETTINGS, TOKEN, Finding, bad, ok, warn
from bot.doctor.permissions import Standing, invite_url, missing
from bot.doctor.reach import no_answer
from bot.doctor.shards import shard_findings
from bot.network import Proxy, operators_hosts
from bot.operator.explain import COPY_AGAIN
from bot.settings.load import Settings

PATIENCE_S: Final = 15.0
GUILDS_PAGE: Final = 200
GUILDS_EXAMINED_MAX: Final = 20
"""Each takes three requests, and a bot that serves all its servers may be in many."""
NAMES_SHOWN_MAX: Final = 5
USER_AGENT: Final = f"DiscordBot (kling-discord, {__version__})"
"""The form that Discord requires (Discord's API documentation)."""
WRITABLE_KINDS: Final = frozenset({0, 2, 5, 13})
"""Text, voice, announcement, stage: where commands are used and messages posted."""
THREAD_KINDS: Final = frozenset({10, 11, 12})
PORTAL: Final = "discord.com/developers/applications"

Json = Mapping[str, Any]


class NotAnswered(Exception):
    """Discord refused, or did not respond at all (status 0)."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


@dataclass(frozen=True, slots=True)
class _Discord:
    session: aiohttp.ClientSession
    api_url: str
    proxy: Proxy

    async def get(self, path: str) -> Any:
        """Return Discord's response; raises `NotAnswered`."""
        try:
            async with self.session.get(
                self.api_url + path, allow_redirects=False, **self.proxy.arguments
            ) as answer:
                if answer.status != HTTPStatus.OK:
                    raise NotAnswered(answer.status, f"HTTP {answer.status}")
                return await answer.json(content_type=None)
        except (aiohttp.ClientError, TimeoutError, ValueError) as failure:
            raise NotAnswered(0, no_answer(failure)) from None


async def examine_discord(settings: Settings) -> list[Finding]:
    """Return what keeps the bot from posting where it is used."""
    token = settings.discord.token.get_secret_value()
    if not token:
        return [
            bad(
                "discord.token: is missing",
                f"Create an application at {PORTAL}, copy the token from its Bot page, and set "
                "KLINGBOT_DISCORD__TOKEN in .env.",
                SETTINGS,
            )
        ]
    async with asking(settings) as discord:
        try:
            return await _examine(discord, settings)
        except NotAnswered as refused:
            if refused.status == HTTPStatus.UNAUTHORIZED:
                return [bad("Discord refuses the token", COPY_AGAIN, TOKEN)]
            what = f"Discord at {settings.discord.api_url}: {refused.reason}"
        except (KeyError, TypeError, ValueError, AttributeError):
            what = f"{settings.discord.api_url} does not answer like Discord"
    return [bad(what, "Check discord.api_url and this machine's internet connection.")]


async def application_id_of(settings: Settings) -> int | None:
    """Return the id of the token's application, None if Discord does not tell."""
    async with asking(settings) as discord:
        try:
            return int((await discord.get("/applications/@me"))["id"])
        except (NotAnswered, KeyError, TypeError, ValueError):
            return None  # reported by `examine_discord`


@contextlib.asynccontextmanager
async def asking(settings: Settings) -> AsyncIterator[_Discord]:
    """Yield what asks Discord with the bot's token."""
    token = settings.discord.token.get_secret_value()
    async with aiohttp.ClientSession(
        headers={"Authorization": f"Bot {token}", "User-Agent": USER_AGENT},
        timeout=aiohttp.ClientTimeout(total=PATIENCE_S),
        connector=operators_hosts(),
    ) as session:
        proxy = Proxy.of(settings.discord.proxy.get_secret_value())
        yield _Discord(session, settings.discord.api_url, proxy)


async def _examine(discord: _Discord, settings: Settings) -> list[Finding]:
    me = await discord.get("/users/@me")
    application = await discord.get("/applications/@me")
    findings = [ok(f"Discord token: belongs to {me['username']}")]
    served = {str(guild) for guild in settings.access.guilds}
    if application.get("bot_public") and not served:
        findings.append(
            warn(
                "the application is public and access.guilds is empty: strangers can invite the "
                "bot and spend your units",
                f'Switch "Public Bot" off on its Bot page at {PORTAL}, or list your servers in '
                "access.guilds.",
            )
        )
    member_of = {str(guild["id"]): guild for guild in await _guilds(discord)}
    for absent in sorted(served - member_of.keys()):
        what = f"the bot is not in server {absent}, which access.guilds names"
        fix = (
            f"Invite it: {invite_url(application['id'], absent)} (or take the server off the list)."
        )
        findings.append(bad(what, fix))
    if not member_of and not served:
        fix = f"Invite it: {invite_url(application['id'])}"
        findings.append(bad("the bot is in no server", fix))
    findings += await _about_shards(discord, settings, [int(guild) for guild in member_of])
    here = [guild for id_, guild in member_of.items() if not served or id_ in served]
    for guild in here[:GUILDS_EXAMINED_MAX]:
        findings += await _server_findings(discord, guild, me["id"], application["id"])
    if len(here) > GUILDS_EXAMINED_MAX:
        findings.append(ok(f"{len(here) - GUILDS_EXAMINED_MAX} more servers, not checked"))
    findings.append(await _operator_finding(discord, settings, me["id"]))
    return findings


async def _about_shards(discord: _Discord, settings: Settings, guilds: list[int]) -> list[Finding]:
    try:
        said = await discord.get("/gateway/bot")
    except NotAnswered:
        said = None
    return shard_findings(settings.discord, said, guilds)


async def _guilds(discord: _Discord) -> list[Json]:
    guilds: list[Json] = []
    while True:
        after = f"&after={guilds[-1]['id']}" if guilds else ""
        page = await discord.get(f"/users/@me/guilds?limit={GUILDS_PAGE}{after}")
        guilds += page
        if len(page) < GUILDS_PAGE:
            return guilds


async def _standing(discord: _Discord, guild_id: str, user_id: str) -> Standing:
    guild = await discord.get(f"/guilds/{guild_id}")
    if not guild.get("roles"):  # @everyone is always there: this server lists roles elsewhere
        guild = {**guild, "roles": await discord.get(f"/guilds/{guild_id}/roles")}
    member = await discord.get(f"/guilds/{guild_id}/members/{user_id}")
    return Standing.read(guild, member, user_id)


async def _server_findings(
    discord: _Discord, guild: Json, user_id: str, application_id: str
) -> list[Finding]:
    name = f"server {guild['name']}"
    standing = await _standing(discord, guild["id"], user_id)
    lacking = missing(standing.in_server)
    if lacking:
        fix = (
            f"Invite it again, which corrects its role: {invite_url(application_id, guild['id'])} "
            "(or tick them in Server Settings → Roles)."
        )
        return [bad(f"{name}: the bot lacks {', '.join(lacking)}", fix)]
    channels = await discord.get(f"/guilds/{guild['id']}/channels")
    findings = [ok(f"{name}: the bot has the permissions it needs")]
    return findings + _channel_findings(name, channels, standing)


def _channel_findings(name: str, channels: Sequence[Json], standing: Standing) -> list[Finding]:
    """Group channels by their missing permissions; an invisible one is assumed to be intended."""
    by_lack: dict[tuple[str, ...], list[str]] = {}
    for channel in channels:
        if channel["type"] not in WRITABLE_KINDS:
            continue
        permissions = standing.in_channel(channel.get("permission_overwrites", ()))
        lacking = tuple(missing(permissions)) if permissions else ()
        if lacking:
            by_lack.setdefault(lacking, []).append(f"#{channel['name']}")
    return [
        warn(
            f"{name}: the bot lacks {', '.join(lacking)} in {_some(places)}",
            "Allow it in Edit Channel → Permissions; until then, results of commands "
            "there are sent by direct message.",
        )
        for lacking, places in by_lack.items()
    ]


def _some(names: Sequence[str]) -> str:
    more = len(names) - NAMES_SHOWN_MAX
    return ", ".join(names[:NAMES_SHOWN_MAX]) + (f" and {more} more" if more > 0 else "")


async def _operator_finding(discord: _Discord, settings: Settings, user_id: str) -> Finding:
    channel_id = settings.discord.operator_channel
    if not channel_id:
        return ok("notices go to the application's owner, by direct message")
    fix = "Copy the channel's id again, or let the bot see it: Edit Channel → Permissions."
    try:
        channel = await discord.get(f"/channels/{channel_id}")
    except NotAnswered as refused:
        if refused.status not in {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}:
            raise
        return bad(f"discord.operator_channel: the bot cannot reach {channel_id}", fix)
    if "guild_id" not in channel:
        return ok("notices go by direct message")
    in_thread = channel["type"] in THREAD_KINDS
    place = await discord.get(f"/channels/{channel['parent_id']}") if in_thread else channel
    standing = await _standing(discord, channel["guild_id"], user_id)
    needed = ("View Channels", "Send Messages in Threads" if in_thread else "Send Messages")
    lacking = missing(standing.in_channel(place.get("permission_overwrites", ())), needed)
    if lacking:
        return bad(f"discord.operator_channel: the bot lacks {', '.join(lacking)} there", fix)
    return ok(f"notices go to #{channel['name']}")
