"""Examines the commands: what Discord has of them, and what it refused when the bot started."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from bot.discord.command_sync import REFUSED_FACT, read_refused
from bot.doctor.commands import command_findings
from bot.doctor.discord import NotAnswered, application_id_of, asking
from bot.doctor.facts import fact_of
from bot.doctor.findings import Finding, bad
from bot.settings.load import Settings
from storage.errors import StorageUnavailable

SCOPE: Final = "Invite the bot again with the scope applications.commands; check discord.api_url."
Wanted = Callable[[], Awaitable[Sequence[Mapping[str, Any]]]]
"""Makes the commands of this version, as they are registered."""


async def examine_commands(settings: Settings, wanted: Wanted | None) -> list[Finding]:
    """Return which commands are missing, out of date, refused, or not the bot's."""
    if wanted is None or not settings.discord.token.get_secret_value():
        return []  # reported by `examine_discord`
    application_id = await application_id_of(settings)
    if application_id is None:
        return []  # as above
    path = f"/applications/{application_id}/commands?with_localizations=true"
    async with asking(settings) as discord:
        try:
            registered: Any = await discord.get(path)
        except NotAnswered as refused:
            return [bad(f"commands: Discord does not list them ({refused.reason})", SCOPE)]
    if not isinstance(registered, list):
        return [bad("commands: Discord's list of them can't be read", SCOPE)]
    key = REFUSED_FACT.format(application_id=application_id)
    try:
        noted = read_refused(await fact_of(settings, key))
    except StorageUnavailable:
        noted = {}  # reported by `examine_database`
    named = [one for one in registered if isinstance(one, dict) and one.get("name")]
    return command_findings(await wanted(), named, noted)
