"""What the disk alone takes: one row made durable by SQLite, with nothing around it."""

import contextlib
import sqlite3
import time
from pathlib import Path
from typing import Final

ROW: Final = "x" * 1_000
"""About as large as a job."""


class Floor:
    """A database with our settings, on the same disk."""

    def __init__(self, folder: Path) -> None:
        self.times_s: list[float] = []
        self._database = sqlite3.connect(folder / "floor.db", isolation_level=None)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = FULL")
        self._database.execute("CREATE TABLE rows (row TEXT)")

    def commit(self, times: int) -> None:
        """Commit one row at a time, this many times."""
        for _ in range(times):
            started_s = time.perf_counter()
            self._database.execute("INSERT INTO rows VALUES (?)", (ROW,))
            self.times_s.append(time.perf_counter() - started_s)

    def p50_ms(self) -> float:
        """Return the median of all commits so far."""
        return sorted(self.times_s)[len(self.times_s) // 2] * 1e3

    def close(self) -> None:
        """Close the database."""
        with contextlib.closing(self._database):
            pass
