"""`python -m bot doctor`: examines everything the bot depends on and says what to fix.

Each part is examined, whatever the others report. Nothing is changed and nothing costs money.
"""

import asyncio
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

from bot.clock import Clock
from bot.doctor.books import examine_books, examine_packs
from bot.doctor.catalogue import examine_catalogue
from bot.doctor.database import examine_database
from bot.doctor.discord import examine_discord
from bot.doctor.files import examine_files
from bot.doctor.findings import SETTINGS, Finding, bad, ok, warn
from bot.doctor.kling import examine_kling
from bot.doctor.machine import examine_machine
from bot.doctor.owner import examine_owner
from bot.doctor.registration import Wanted, examine_commands
from bot.invocation import Invocation
from bot.network import Proxy
from bot.settings.addresses import Address
from bot.settings.files import SettingsFiles
from bot.settings.load import ENV_PREFIX, Settings, env_name, is_ours

NO_ENVIRONMENT: Final[Mapping[str, str]] = MappingProxyType({})
PROXY_VARIABLES: Final = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")
"""What other programs read. Here a proxy is a setting, because Discord and Kling may need two."""


async def examine(
    settings: Settings,
    files: SettingsFiles,
    clock: Clock,
    invocation: Invocation,
    env: Mapping[str, str] = NO_ENVIRONMENT,
    commands: Wanted | None = None,
    *,
    catalogue: bool = False,
) -> list[Finding]:
    """Return the findings in reading order: settings, Discord, Kling, database, machine.

    `commands` makes those of this version, which only the floors above know; without it they
    are not compared. With `catalogue` comes how old its data is.
    """
    foreign = [name for name in sorted(env) if name.startswith(ENV_PREFIX)]
    foreign = [name for name in foreign if not is_ours(name, env[name])]
    about_files, *parts = await asyncio.gather(
        examine_files(files),
        examine_discord(settings),
        examine_commands(settings, commands),
        examine_kling(settings, clock, invocation),
        examine_database(settings.storage),
        examine_owner(settings),
        examine_books(settings, clock),
        examine_packs(settings, clock),
        examine_machine(settings.storage, invocation),
    )
    if catalogue:
        parts.append(await examine_catalogue(settings, files, clock))
    if foreign:
        about_files.append(
            ok(f"ignored: {', '.join(foreign)}, which Kubernetes sets for a service")
        )
    together = [*examine_settings(settings), *examine_proxies(settings, env)]
    return [*about_files, *together, *(finding for part in parts for finding in part)]


def examine_settings(settings: Settings) -> list[Finding]:
    """Return problems of settings that are valid one by one but not together."""
    findings = []
    if settings.web.public_url and settings.web.address is None:
        findings.append(
            warn(
                "web.public_url is set, but web.listen is empty: callbacks arrive nowhere",
                'Set web.listen, for example to "127.0.0.1:8080", or empty web.public_url.',
            )
        )
    if settings.shares_sqlite:
        findings.append(
            bad(
                "discord.shard_ids needs PostgreSQL: a SQLite database is for one process",
                "Set storage.url to a PostgreSQL database, or empty discord.shard_ids.",
                SETTINGS,
            )
        )
    return findings


def examine_proxies(settings: Settings, env: Mapping[str, str]) -> list[Finding]:
    """Return which proxies are used, and those that are meant for everything and are not."""
    findings = []
    set_in = next((name for name in PROXY_VARIABLES if env.get(name)), None)
    proxies = {"discord.proxy": settings.discord.proxy, "kling.proxy": settings.kling.proxy}
    for key, proxy in proxies.items():
        url = proxy.get_secret_value()
        if url:
            findings.append(ok(f"{key}: {Proxy.of(url).shown}"))
        elif set_in is not None:
            what = f"{set_in} is set, but {key} is empty: the bot connects directly there"
            findings.append(warn(what, f"Set {env_name(key)} if that must go through the proxy."))
    root = urlsplit(settings.kling.resolved_base_url)
    if settings.kling.proxy.get_secret_value() and Address(root.hostname or "", 0).is_loopback:
        findings.append(
            warn(
                f"kling.proxy is set, and {root.netloc} is this machine: the proxy is asked for it",
                f"Empty {env_name('kling.proxy')} for the bot if the gateway is on this machine.",
            )
        )
    return findings
