"""Examines Kling, or the gateway to it: is it reachable, does it accept us? Free of charge."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urlsplit

import aiohttp
from aiohttp import hdrs

from bot.clock import Clock
from bot.doctor.findings import Finding, bad, ok, warn
from bot.doctor.reach import not_connected
from bot.errors import (
    KlingBusy,
    KlingError,
    KlingRedirected,
    KlingRefusedAccount,
    KlingToldNo,
    KlingUnclear,
    KlingUnreachable,
)
from bot.invocation import Invocation
from bot.kling.auth import TOKEN_EARLY_S, credentials_for
from bot.kling.catalogue_files import load_catalogue
from bot.kling.client import Kling
from bot.kling.dialects import Dialect
from bot.kling.transport import Timeouts
from bot.network import Proxy, operators_hosts
from bot.settings.addresses import Address
from bot.settings.load import Settings
from bot.settings.sections import GATEWAY_BASE_URL

PATIENCE_S: Final = 10.0
SKEW_BAD_S: Final = 60.0
"""From this difference on, tokens will be rejected sooner or later: they live half an hour."""
NOTHING_SET: Final = (
    "neither a Kling key nor a gateway is set, and no gateway answers at its usual address, "
    f"{GATEWAY_BASE_URL}"
)
_CHECK_KEYS: Final = (
    "Check kling.api_key, or kling.access_key and kling.secret_key, in the console."
)
_ACCOUNT_FIXES: Final[Mapping[int, str]] = {
    1000: _CHECK_KEYS,
    1001: _CHECK_KEYS,
    1002: _CHECK_KEYS,
    1003: "The token is not valid yet: set this machine's clock by NTP.",
    1004: "The token is no longer valid: set this machine's clock by NTP.",
    1100: "Check the account in Kling's console.",
    1101: "Pay the outstanding amount in Kling's console.",
    1102: "Buy units in Kling's console: the pack is used up or has expired.",
    1103: "Ask Kling to open this API for the account.",
    1304: "Add this machine's IP address to the allowlist in Kling's console.",
}
"""By Kling's business code (Kling's API documentation, 2026-09)."""


async def examine_kling(settings: Settings, clock: Clock, invocation: Invocation) -> list[Finding]:
    """Return whether tasks can be created; free, because it queries one that cannot exist."""
    kling = settings.kling
    dialect = Dialect(kling.resolved_dialect)
    where = f"{'Kling' if dialect is Dialect.OFFICIAL else 'gateway'} at {kling.resolved_base_url}"
    findings = [*_unencrypted(settings, where)]
    fixes = _Fixes(dialect, invocation)
    auth = credentials_for(
        dialect,
        clock=clock,
        access_key=kling.access_key.get_secret_value(),
        secret_key=kling.secret_key.get_secret_value(),
        api_key=kling.api_key.get_secret_value(),
        gateway_token=settings.gateway.api_token.get_secret_value(),
    )
    proxy = Proxy.of(kling.proxy.get_secret_value())
    client = Kling(
        kling.resolved_base_url,
        dialect=dialect,
        auth=auth,
        clock=clock,
        rng=random.SystemRandom(),
        timeouts=Timeouts(connect_s=PATIENCE_S, base_s=PATIENCE_S),
        proxy=proxy,
    )
    try:
        async with client:
            await client.probe()
            ours = await client.greet()
        findings.append(ok(f"{where}: reachable, and it accepts us"))
        if dialect is Dialect.GATEWAY and not ours:
            findings += _strangers_habits(settings.defaults.video_model)
    except KlingUnreachable as error:
        nothing_set = not (kling.has_key or kling.base_url or kling.dialect == "gateway")
        what = f"{where}: {not_connected(error.reason)}"
        findings.append(bad(NOTHING_SET if nothing_set else what, fixes.unreachable))
    except KlingError as error:
        findings.append(_refused(where, error, fixes))
    if dialect is Dialect.OFFICIAL:
        findings += await _clock_findings(kling.resolved_base_url, clock, proxy)
    return findings


def _unencrypted(settings: Settings, where: str) -> list[Finding]:
    url = urlsplit(settings.kling.resolved_base_url)
    if url.scheme == "https" or Address(url.hostname or "", 0).is_loopback:
        return []
    return [warn(f"{where}: is not encrypted", "Use https:// unless the network is your own.")]


def _strangers_habits(model: str) -> list[Finding]:
    """Name what gateways other than ours are known to add to every create."""
    known = load_catalogue().video_model(model)
    if known is None or known.cfg_scale is not False:
        return []
    return [
        warn(
            f"the gateway is not this project's: many add cfg_scale to every video, and {model} "
            "does not take it",
            "If Kling refuses videos because of cfg_scale, use `bot gateway`, or set "
            "defaults.video_model to a model that takes it, for example kling-v1-6.",
        )
    ]


def _refused(where: str, error: KlingError, fixes: "_Fixes") -> Finding:
    match error:
        case KlingRefusedAccount():
            what = f"{where}: rejects us, {error.code or error.http_status} {error.message}"
            return bad(what, fixes.account(error.code))
        case KlingBusy():
            return warn(f"{where}: is busy, so the key could not be checked", "Try again later.")
        case KlingToldNo():
            what = f"{where}: answers {error.http_status} {error.message}"
            return bad(what, fixes.unreachable)
        case KlingRedirected():
            what = f"{where}: redirects to {error.target or 'another address'}"
            return bad(what, "Set kling.base_url to the server that is meant.")
        case KlingUnclear():
            return bad(f"{where}: gives no readable response, {error}", fixes.unreachable)
        case _:
            return bad(f"{where}: {error}", fixes.unreachable)


@dataclass(frozen=True, slots=True)
class _Fixes:
    """What to do if Kling or a gateway rejects us."""

    dialect: Dialect
    invocation: Invocation

    @property
    def unreachable(self) -> str:
        if self.dialect is Dialect.OFFICIAL:
            return "Check kling.base_url and this machine's internet connection."
        return (
            "Set KLINGBOT_KLING__API_KEY in .env to use Kling itself; for a gateway, start it "
            f"({self.invocation.command('gateway')}) or set kling.base_url to its URL."
        )

    def account(self, code: int) -> str:
        if self.dialect is Dialect.GATEWAY and not code:
            return "Set gateway.api_token to the token that the gateway requires."
        return _ACCOUNT_FIXES.get(code, _CHECK_KEYS)


async def _clock_findings(base_url: str, clock: Clock, proxy: Proxy) -> list[Finding]:
    """Compare our clock with the `Date` of any response; returns nothing if there is none."""
    try:
        async with (
            aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=PATIENCE_S), connector=operators_hosts()
            ) as session,
            session.get(base_url, allow_redirects=False, **proxy.arguments) as answer,
        ):
            their_s = parsedate_to_datetime(answer.headers[hdrs.DATE]).timestamp()
    except (aiohttp.ClientError, TimeoutError, KeyError, ValueError):
        return []
    skew_s = clock.now() - their_s
    if abs(skew_s) <= TOKEN_EARLY_S:
        return [ok("clock: agrees with Kling's")]
    what = f"clock: {abs(skew_s):.0f} s {'ahead of' if skew_s > 0 else 'behind'} Kling's"
    fix = "Set this machine's clock by NTP (timedatectl set-ntp true): signed tokens depend on it."
    return [(bad if abs(skew_s) > SKEW_BAD_S else warn)(what, fix)]
