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

_THEIR_JOBS: Final = """
WITH RECURSIVE theirs (id) AS (
    SELECT id FROM jobs WHERE user_id = :whose
    UNION SELECT jobs.id FROM jobs JOIN theirs ON jobs.parent_id = theirs.id
)
DELETE FROM jobs WHERE id IN theirs"""
_MADE_OF_THEIRS: Final = (
    "DELETE FROM jobs WHERE id IN (SELECT job_id FROM lineage WHERE user_id = :whose)"
)

OF_MEMBER: Final[Mapping[str, Sequence[str]]] = {
    "character_lineage": (
        (
            "DELETE FROM characters"
            " WHERE id IN (SELECT character_id FROM character_lineage WHERE user_id = :whose)"
        ),
    ),
    # Before the jobs that tell what a character was made of.
    "characters": (
        (
            "DELETE FROM characters WHERE user_id = :whose"
            " OR id IN (SELECT job_id FROM lineage WHERE user_id = :whose)"
        ),
    ),
    "lineage": (_MADE_OF_THEIRS, "DELETE FROM lineage WHERE user_id = :whose"),
    "jobs": (_THEIR_JOBS,),
    "inputs": (),
    "deliveries": ("UPDATE deliveries SET again_by = NULL WHERE again_by = :whose",),
    "input_bytes": ("DELETE FROM input_bytes WHERE user_id = :whose",),
    "bells": ("DELETE FROM bells WHERE user_id = :whose",),
    "stars": ("DELETE FROM stars WHERE user_id = :whose",),
    "hidden": (),
    "leftovers": (),
    "showcased": (
        (
            "DELETE FROM showcased"
            " WHERE job_id IN (SELECT job_id FROM showcased WHERE user_id = :whose)"
        ),
    ),
    "turns": ("DELETE FROM turns WHERE user_id = :whose",),
    "drafts": ("DELETE FROM drafts WHERE user_id = :whose",),
    "removals": (),
    "settings": ("DELETE FROM settings WHERE scope = 'member' AND id = :whose",),
    "blocks": ("UPDATE blocks SET reason = '' WHERE user_id = :whose",),
    "audit": (
        "UPDATE audit SET user_id = NULL WHERE user_id = :whose",
        "UPDATE audit SET member_id = NULL WHERE member_id = :whose",
    ),
    "ledger": ("UPDATE ledger SET user_id = NULL WHERE user_id = :whose",),
    "totals": ("DELETE FROM totals WHERE scope = 'member' AND scope_id = :whose",),
    "budgets": (),
    "warned": ("DELETE FROM warned WHERE scope = 'member' AND scope_id = :whose",),
    "guilds": (),
    "upload_limits": (),
    "places": (),
    "slots_kept": (),
    "facts": (),
    "schema_version": (),
    "outages": (),
    "unanswered": (),
    "roles": (),
    "call_shares": (),
    "notices": (),
}
"""What is done in each table, in this order, to forget a member. Every table is named."""
OF_SERVER: Final[Mapping[str, Sequence[str]]] = {
    "jobs": ("DELETE FROM jobs WHERE guild_id = :whose",),
    "inputs": (),
    "deliveries": (),
    "lineage": (),
    "input_bytes": (),
    "bells": (),
    "stars": (),
    "hidden": (),
    "leftovers": (),
    "showcased": ("DELETE FROM showcased WHERE guild_id = :whose",),
    "turns": ("DELETE FROM turns WHERE guild_id = :whose",),
    "drafts": ("DELETE FROM drafts WHERE guild_id = :whose",),
    "character_lineage": (),
    "characters": ("UPDATE characters SET guild_id = NULL WHERE guild_id = :whose",),
    "removals": (),
    "settings": ("DELETE FROM settings WHERE guild_id = :whose AND scope != 'member'",),
    "blocks": ("UPDATE blocks SET reason = '' WHERE guild_id = :whose",),
    "audit": ("UPDATE audit SET guild_id = NULL WHERE guild_id = :whose",),
    "ledger": ("UPDATE ledger SET guild_id = NULL WHERE guild_id = :whose",),
    "totals": ("DELETE FROM totals WHERE scope = 'server' AND scope_id = :whose",),
    "budgets": (),
    "warned": ("DELETE FROM warned WHERE scope = 'server' AND scope_id = :whose",),
    "guilds": (),
    "upload_limits": ("DELETE FROM upload_limits WHERE guild_id = :whose",),
    "places": (),
    "slots_kept": (),
    "facts": (),
    "schema_version": (),
    "outages": (),
    "unanswered": (),
    "roles": (),
    "call_shares": (),
    "notices": (),
}
"""The same for a server; that the bot was there stays."""
_OLD_INPUTS: Final = (
    "DELETE FROM inputs WHERE job_id IN (SELECT id FROM jobs WHERE ended_at <= :inputs_before)"
)
_OLD_JOBS: Final = "DELETE FROM jobs WHERE ended_at <= :jobs_before"


def forget_member_in_copies(database: Path, user_id: int) -> None:
    """Delete a member's jobs and everything made from them; raises `StorageUnavailable`."""
    for path in _copies(database):
        _in(path, lambda copy: _forget(copy, OF_MEMBER, user_id))


def forget_server_in_copies(database: Path, guild_id: int) -> None:
    """Delete a server's jobs; raises `StorageUnavailable`."""
    for path in _copies(database):
        _in(path, lambda copy: _forget(copy, OF_SERVER, guild_id))


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


def _forget(copy: sqlite3.Connection, steps: Mapping[str, Sequence[str]], whose: int) -> None:
    """Do what the tables of this copy need; an older one lacks some, and columns of others."""
    known = [statement for table in steps if _has(copy, table) for statement in steps[table]]
    _delete(copy, [one for one in known if _is_possible(copy, one)], {"whose": whose})


def _has(copy: sqlite3.Connection, table: str) -> bool:
    asked = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?"
    return copy.execute(asked, (table,)).fetchone() is not None


def _is_possible(copy: sqlite3.Connection, statement: str) -> bool:
    try:
        copy.execute("EXPLAIN " + statement, {"whose": 0})
    except sqlite3.OperationalError as error:
        if "no such column" in str(error):
            return False
        raise
    return True


def _delete(
    copy: sqlite3.Connection, statements: Sequence[str], values: Mapping[str, int | float]
) -> None:
    before = copy.total_changes
    for statement in statements:
        copy.execute(statement, values)
    if copy.total_changes > before:
        copy.execute("VACUUM")  # Nobody waits for a copy: it is written anew as a whole.
