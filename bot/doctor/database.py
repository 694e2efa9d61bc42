"""Examines the database without changing it: is it there, is it intact, may we write?"""

import asyncio
import os
from pathlib import Path
from typing import Final

from bot.doctor.findings import DATABASE, Finding, bad, ok
from bot.doctor.machine import nearest_directory
from bot.operator.explain import storage_fix
from bot.settings.sections import StorageSettings
from storage import sqlite_file
from storage.engine import open_database
from storage.errors import StorageUnavailable
from storage.migrations import MIGRATIONS
from storage.versions import check_not_newer

OWNER: Final = "doctor"


async def examine_database(storage: StorageSettings) -> list[Finding]:
    """Return whether the bot can work with this database, also while it is running."""
    path = storage.sqlite_path
    try:
        unopened = await asyncio.to_thread(_examine_file, path) if path is not None else None
        if unopened is not None:
            return [unopened]
        async with open_database(
            storage.url.get_secret_value(), owner=OWNER, beside=True
        ) as database:
            await database.jobs.counts()
    except StorageUnavailable as problem:
        if problem.reason == "older":
            return [ok(f"database {storage.shown_url}: will be upgraded at the next start")]
        what = f"database {storage.shown_url}: {problem.detail or problem.reason}"
        return [bad(what, storage_fix(problem), DATABASE)]
    if path is not None:
        return [ok(f"database {path}: intact and writable")]
    return [ok(f"database {storage.shown_url}: answers")]


def _examine_file(path: Path) -> Finding | None:
    """Return what is found out without opening it; None: it may be opened as it is."""
    directory = nearest_directory(path.parent)
    if any(place.exists() and not place.is_dir() for place in path.absolute().parents):
        raise StorageUnavailable("cannot_open", f"{path.parent} is not a directory")
    if not os.access(directory, os.W_OK | os.X_OK):
        raise StorageUnavailable("read_only", f"{directory} cannot be written")
    version = sqlite_file.version_of(path) if path.exists() else None
    if version is None:
        return ok(f"database {path}: will be created at the first start")
    check_not_newer(version, len(MIGRATIONS))
    if version.number < len(MIGRATIONS):
        return ok(f"database {path}: will be upgraded at the next start")
    return None
