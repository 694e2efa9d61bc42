"""Deleting from the copies that are made before upgrades: what is forgotten is gone there too.

A copy has an older schema, so the statements use only what every version has. Everything here
blocks and belongs in a thread.
"""

import contextlib
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, TypeVar

from storage.errors import StorageUnavailable
from storage.sqlite_file import backup_of, backups_of, refusing

Result = TypeVar("Result")

_OF_MEMBER: Final = """
WITH RECURSIVE theirs (id) AS (
    SELECT id FROM jobs WHERE user_id = :whose
    UNION SELECT jobs.id FROM jobs JOIN theirs ON jobs.parent_id = theirs.id
)
DELETE FROM jobs WHERE id IN theirs"""
_MADE_OF_IT: Final = (
    "DELETE FROM jobs WHERE id IN (SELECT job_id FROM lineage WHERE user_id = :whose)"
)
_OF_SERVER: Final = "DELETE FROM jobs WHERE guild_id = :whose"
_PERSON: Final = {
    "drafts": "DELETE FROM drafts WHERE user_id = :whose",
    "settings": "DELETE FROM settings WHERE scope = 'member' AND id = :whose",
    "blocks": "UPDATE blocks SET reason = '' WHERE user_id = :whose",
    "audit": (
        "UPDATE audit SET user_id = nullif(user_id, :whose), member_id = nullif(member_id, :whose)"
        " WHERE :whose IN (user_id, member_id)"
    ),
}
_PLACE: Final = {
    "drafts": "DELETE FROM drafts WHERE guild_id = :whose",
    "settings": "DELETE FROM settings WHERE scope != 'member' AND guild_id = :whose",
    "blocks": "UPDATE blocks SET reason = '' WHERE guild_id = :whose",
    "audit": "UPDATE audit SET guild_id = NULL WHERE guild_id = :whose",
}
"""What `storage.people` forgets, by the table that older copies do not have."""
_OLD_INPUTS: Final = (
    "DELETE FROM inputs WHERE job_id IN (SELECT id FROM jobs WHERE ended_at <= :inputs_before)"
)
_OLD_JOBS: Final = "DELETE FROM jobs WHERE ended_at <= :jobs_before"


def forget_member_in_copies(database: Path, user_id: int) -> None:
    """Delete a member's jobs and everything made from them; raises `StorageUnavailable`."""

    def forget(copy: sqlite3.Connection) -> None:
        made_of_it = [_MADE_OF_IT] if _has_table(copy, "lineage") else []
        _delete(copy, [*made_of_it, _OF_MEMBER, *_known(copy, _PERSON)], {"whose": user_id})

    for path in _copies(database):
        _in(path, forget)


def forget_server_in_copies(database: Path, guild_id: int) -> None:
    """Delete a server's jobs; raises `StorageUnavailable`."""

    def forget(copy: sqlite3.Connection) -> None:
        _delete(copy, [_OF_SERVER, *_known(copy, _PLACE)], {"whose": guild_id})

    for path in _copies(database):
        _in(path, forget)


def purge_copies(database: Path, *, inputs_before: float, jobs_before: float) -> None:
    """Delete what is old, and a whole copy that holds nothing newer. Times are Unix seconds.

    A damaged copy stays as it is.
    """
    moments = {"inputs_before": inputs_before, "jobs_before": jobs_before}

    def purge(copy: sqlite3.Connection) -> bool:
        _delete(copy, [_OLD_INPUTS, _OLD_JOBS], moments)
        (newest,) = copy.execute("SELECT max(updated_at) FROM jobs").fetchone()
        return newest is not None and bool(newest <= jobs_before)

    for path in _copies(database):
        with contextlib.suppress(StorageUnavailable):
            if _in(path, purge):
                path.unlink()


def _copies(database: Path) -> list[Path]:
    return [backup_of(database, version) for version in backups_of(database)]


def _in(path: Path, work: Callable[[sqlite3.Connection], Result]) -> Result:
    with refusing(path), contextlib.closing(sqlite3.connect(path, isolation_level=None)) as copy:
        copy.execute("PRAGMA foreign_keys = ON")
        return work(copy)


def _known(copy: sqlite3.Connection, statements: Mapping[str, str]) -> list[str]:
    return [statement for table, statement in statements.items() if _has_table(copy, table)]


def _has_table(copy: sqlite3.Connection, name: str) -> bool:
    asked = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?"
    return copy.execute(asked, (name,)).fetchone() is not None


def _delete(
    copy: sqlite3.Connection, statements: Sequence[str], values: Mapping[str, int | float]
) -> None:
    before = copy.total_changes
    for statement in statements:
        copy.execute(statement, values)
    if copy.total_changes > before:
        copy.execute("VACUUM")  # Nobody waits for a copy: it is written anew as a whole.
