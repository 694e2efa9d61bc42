"""Making deleted bytes go from a SQLite file: overwritten, moved out of the file, out of the log.

Everything here is one short turn on the connection that writes, outside a transaction.
"""

import sqlite3
from typing import Final

OVERWRITTEN_BYTES: Final = 256 * 1024
"""How much of a stored file is overwritten in one turn, durably: some milliseconds."""
VACUUMED_PAGES: Final = 64
"""How many free pages leave the file in one turn; SQLite's pages are 4 KiB."""


def overwrite(connection: sqlite3.Connection, rowid: int, start: int) -> bool:
    """Fill a piece of an input with zeros; tell whether there is more of it."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        with connection.blobopen("inputs", "data", rowid) as blob:
            blob.seek(start)
            blob.write(bytes(min(OVERWRITTEN_BYTES, len(blob) - start)))
            more = blob.tell() < len(blob)
        connection.execute("COMMIT")
    except sqlite3.OperationalError:
        connection.execute("ROLLBACK")
        if _is_there(connection, rowid):
            raise
        return False  # somebody deleted it meanwhile, which overwrites as well
    return more


def vacuum(connection: sqlite3.Connection) -> bool:
    """Take some free pages out of the file; tell whether there are more."""
    # `execute` would stop at the first page: the statement has rows, but no columns.
    connection.executescript(f"PRAGMA incremental_vacuum({VACUUMED_PAGES})")
    (free,) = connection.execute("PRAGMA freelist_count").fetchone()
    (mode,) = connection.execute("PRAGMA auto_vacuum").fetchone()
    return bool(free and mode)


def empty_log(connection: sqlite3.Connection) -> bool:
    """Bring everything into the file and cut the log to nothing; tell whether that was possible.

    It is not while somebody reads what was there before.
    """
    (timeout_ms,) = connection.execute("PRAGMA busy_timeout").fetchone()
    connection.execute("PRAGMA busy_timeout = 0")
    try:
        (busy, _, _) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        connection.execute(f"PRAGMA busy_timeout = {timeout_ms}")
    return not busy


def _is_there(connection: sqlite3.Connection, rowid: int) -> bool:
    found = connection.execute("SELECT 1 FROM inputs WHERE rowid = ?", (rowid,)).fetchone()
    return found is not None
