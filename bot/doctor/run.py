"""`python -m bot doctor`: examines everything the bot depends on and says what to fix.

Each part is examined, whatever the others report. Nothing is changed and nothing costs money.
"""

import asyncio

from bot.clock import Clock
from bot.doctor.database import examine_database
from bot.doctor.discord import examine_discord
from bot.doctor.files import examine_files
from bot.doctor.findings import Finding, warn
from bot.doctor.kling import examine_kling
from bot.doctor.machine import examine_machine
from bot.doctor.owner import examine_owner
from bot.invocation import Invocation
from bot.settings.files import SettingsFiles
from bot.settings.load import Settings


async def examine(
    settings: Settings, files: SettingsFiles, clock: Clock, invocation: Invocation
) -> list[Finding]:
    """Return the findings in reading order: settings, Discord, Kling, database, machine."""
    about_files, *parts = await asyncio.gather(
        examine_files(files),
        examine_discord(settings),
        examine_kling(settings, clock, invocation),
        examine_database(settings.storage),
        examine_owner(settings),
        examine_machine(settings.storage, invocation),
    )
    together = examine_settings(settings)
    return [*about_files, *together, *(finding for part in parts for finding in part)]


def examine_settings(settings: Settings) -> list[Finding]:
    """Return problems of settings that are valid one by one but not together."""
    if settings.web.public_url and settings.web.address is None:
        return [
            warn(
                "web.public_url is set, but web.listen is empty: callbacks arrive nowhere",
                'Set web.listen, for example to "127.0.0.1:8080", or empty web.public_url.',
            )
        ]
    return []
