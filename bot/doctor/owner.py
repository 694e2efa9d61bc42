"""Examines whether the database belongs to the Discord application of the token."""

from bot.doctor.discord import application_id_of
from bot.doctor.facts import fact_of
from bot.doctor.findings import DATABASE, Finding, bad
from bot.operator.explain import storage_fix
from bot.settings.load import Settings
from storage.errors import StorageUnavailable
from storage.facts import APPLICATION_FACT, check_owner


async def examine_owner(settings: Settings) -> list[Finding]:
    """Return a finding if the database belongs to another application."""
    storage = settings.storage
    application_id = await application_id_of(settings)
    try:
        noted = await fact_of(settings, APPLICATION_FACT)
        if application_id is not None and noted is not None:
            check_owner(noted, application_id)
    except StorageUnavailable as problem:
        if problem.reason != "other_application":
            return []  # reported by `examine_database`
        return [
            bad(f"database {storage.shown_url}: {problem.detail}", storage_fix(problem), DATABASE)
        ]
    return []
