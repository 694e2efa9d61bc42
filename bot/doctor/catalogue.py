"""Examines the catalogue: how old its data is, and what free questions tell about it."""

import datetime as dt
from collections import Counter
from typing import Final

from bot.clock import Clock
from bot.doctor.findings import Finding, ok, warn
from bot.domain.catalogue import AnyModel, Catalogue
from bot.errors import KlingError, SettingsInvalid
from bot.kling.auth import credentials_for
from bot.kling.catalogue_files import load_catalogue
from bot.kling.client import PROBE_ID, Kling
from bot.kling.dialects import Dialect
from bot.kling.transport import Timeouts
from bot.network import Proxy
from bot.settings.files import SettingsFiles
from bot.settings.load import Settings

OLD_DAYS: Final = 180
"""Kling changed models or prices about every two months in 2026."""
PATIENCE_S: Final = 10.0
_FIX: Final = (
    "Look for a newer version, or put what has changed into catalogue.toml beside config.toml "
    "(docs/configuration.md)."
)


async def examine_catalogue(
    settings: Settings, files: SettingsFiles, clock: Clock
) -> list[Finding]:
    """Return the age of each source, and whether the newer generation answers this account."""
    try:
        catalogue = load_catalogue(files.catalogue)
    except SettingsInvalid:
        return []  # the examination of the files has named every mistake
    today = dt.datetime.fromtimestamp(clock.now(), tz=dt.UTC).date()
    return [*_ages(catalogue, today), *await _newer(settings, catalogue, clock)]


def _ages(catalogue: Catalogue, today: dt.date) -> list[Finding]:
    models: tuple[AnyModel, ...]
    models = (*catalogue.video, *catalogue.image, *catalogue.edit, *catalogue.operations)
    abilities = Counter(model.source for model in models)
    prices = Counter(model.price_source for model in models)
    found = []
    for source in sorted({*catalogue.sources()}, key=lambda one: (one.as_of, one.name)):
        age_days = (today - source.as_of).days
        said = f"catalogue: {source.name} of {source.as_of}, {age_days} days old"
        parts = [("abilities", abilities[source]), ("prices", prices[source])]
        rows = ", ".join(f"{count} {what}" for what, count in parts if count)
        said += f": {rows}" if rows else ""
        found.append(ok(said) if age_days <= OLD_DAYS else warn(said, _FIX))
    return found


async def _newer(settings: Settings, catalogue: Catalogue, clock: Clock) -> list[Finding]:
    """Ask for a task that cannot exist, by the newer generation's path; it costs nothing."""
    count = len(catalogue.newer_names())
    kling = settings.kling
    if Dialect(kling.resolved_dialect) is not Dialect.OFFICIAL or not count:
        return []
    key = kling.api_key.get_secret_value()
    if not key:
        return [
            warn(
                f"catalogue: {count} models of Kling's newer generation need an API key",
                "Create one in Kling's console and set kling.api_key; until then they are refused.",
            )
        ]
    client = Kling(
        kling.resolved_base_url,
        dialect=Dialect.OFFICIAL,
        auth=credentials_for(Dialect.OFFICIAL, clock=clock, api_key=key),
        clock=clock,
        timeouts=Timeouts(connect_s=PATIENCE_S, base_s=PATIENCE_S),
        proxy=Proxy.of(kling.proxy.get_secret_value()),
    )
    async with client:
        try:
            await client.query_many([PROBE_ID])
        except KlingError as error:
            return [
                warn(
                    f"catalogue: Kling's newer generation does not answer: {error}",
                    f"{count} models belong to it; check whether the key is one of its API keys.",
                )
            ]
    return [ok(f"catalogue: Kling's newer generation answers, {count} models belong to it")]
