"""Examines the settings' files: which they are, and who can read them."""

import asyncio
import stat
from collections.abc import Iterator
from pathlib import Path

from bot.doctor.findings import Finding, ok, settings_findings, warn
from bot.errors import SettingsInvalid
from bot.kling.catalogue_files import load_catalogue
from bot.settings.files import SettingsFiles
from bot.settings.load import load_settings


async def examine_files(files: SettingsFiles) -> list[Finding]:
    """Return where the settings come from, and each file whose secrets every user here can read."""
    return await asyncio.to_thread(lambda: list(_examined(files)))


def _examined(files: SettingsFiles) -> Iterator[Finding]:
    sources = [str(path) for path in (files.config, files.env_file) if path is not None]
    sources.append("the environment")
    yield ok(f"settings: all keys and values are valid ({', '.join(sources)})")
    if files.catalogue is not None:
        yield from _own_rows(files)
    if files.env_file is not None and _everybody_reads(files.env_file):
        yield warn(
            f"{files.env_file} can be read by every user of this machine",
            f"It holds secrets: chmod 600 {files.env_file}",
        )
    if files.config is not None and _holds_secrets(files.config) and _everybody_reads(files.config):
        yield warn(
            f"{files.config} holds a secret and can be read by every user of this machine",
            "Move the secret to .env, which git ignores, and replace it if it was shared.",
        )


def _own_rows(files: SettingsFiles) -> Iterator[Finding]:
    """Yield whether the operator's rows are valid: with mistakes in them the bot can't start."""
    try:
        load_catalogue(files.catalogue)
    except SettingsInvalid as invalid:
        yield from settings_findings(invalid)
    else:
        yield ok(f"catalogue: the rows of {files.catalogue} are valid")


def _everybody_reads(path: Path) -> bool:
    return path.is_file() and bool(path.stat().st_mode & stat.S_IROTH)


def _holds_secrets(config: Path) -> bool:
    """Return whether the file itself sets a secret; one that is invalid by itself counts too."""
    try:
        return bool(load_settings(config, {}).secrets())
    except SettingsInvalid:
        return True
