"""Examines the machine: native libraries and disk space."""

import asyncio
import importlib
import shutil
import tempfile
from pathlib import Path
from typing import Final

from bot.doctor.findings import DATABASE, Finding, bad, ok, warn
from bot.invocation import Invocation
from bot.settings.sections import StorageSettings

MIB: Final = 1024 * 1024
ROOM_LOW_BYTES: Final = 1024 * MIB
ROOM_MIN_BYTES: Final = 100 * MIB
"""Inputs of one job take up to 40 MiB, a video that is being re-encoded about as much."""
LIBRARIES: Final = {
    "av": "PyAV, for video and audio",
    "pillow_heif": "pillow-heif, for iPhone photos",
}


async def examine_machine(storage: StorageSettings, invocation: Invocation) -> list[Finding]:
    """Return whether media can be processed here, and whether there is disk space."""
    return await asyncio.to_thread(_examine, storage.sqlite_path, invocation)


def _examine(database: Path | None, invocation: Invocation) -> list[Finding]:
    findings = [_library(module, name, invocation) for module, name in LIBRARIES.items()]
    if database is None and (lacking := _no_temporary_directory()) is not None:
        findings.append(lacking)
    return [*findings, _room(nearest_directory(database or Path.cwd()))]


def _no_temporary_directory() -> Finding | None:
    """Files that are processed lie beside a SQLite file, otherwise in the temporary directory."""
    try:
        tempfile.gettempdir()
    except FileNotFoundError:
        what = "there is no temporary directory that this user can write"
        return bad(what, "Set TMPDIR to one, or give the container a /tmp.", DATABASE)
    return None


def _library(module: str, name: str, invocation: Invocation) -> Finding:
    try:
        importlib.import_module(module)
    except (ImportError, OSError) as failure:
        return bad(f"{name} cannot be loaded: {failure}", f"To fix it, {invocation.reinstall}.")
    return ok(f"{name} is there")


def nearest_directory(path: Path) -> Path:
    """Return the path, or the closest directory above it that exists."""
    return next(place for place in (path.absolute(), *path.absolute().parents) if place.is_dir())


def _room(directory: Path) -> Finding:
    free_bytes = shutil.disk_usage(directory).free
    what = f"{directory} has {free_bytes // MIB:,} MiB free"
    if free_bytes < ROOM_MIN_BYTES:
        return bad(what, "Free some disk space, or the database can't store new jobs.")
    if free_bytes < ROOM_LOW_BYTES:
        return warn(
            what,
            "Free some disk space soon; storage.keep_inputs_days sets how long inputs are kept.",
        )
    return ok(what)
