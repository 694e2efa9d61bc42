"""A migration that comes after all there are, and a process that dies at every step of it.

As a script, `upgrading.py WHOLE PLACES`: brings a copy of the database WHOLE on, in a child process
that ends by SIGKILL at its first step; another at its second; and so on, until one gets through.
Prints for each what it was about to do.
"""

import asyncio
import itertools
import os
import shutil
import signal
import sqlite3
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from storage.engine import open_database
from storage.migrations import MIGRATIONS

INSTRUCTIONS = 150
"""Of SQLite's virtual machine: a long statement is many steps."""
FILE_EVENTS = {"open", "os.rename", "os.remove", "os.mkdir", "sqlite3.connect"}


def add_moods(connection: Connection) -> None:
    connection.exec_driver_sql("CREATE TABLE moods (mood TEXT)")
    connection.exec_driver_sql("ALTER TABLE jobs ADD COLUMN mood TEXT")


NEXT = (*MIGRATIONS, add_moods)


async def upgrade(path: Path) -> None:
    async with open_database(f"sqlite:///{path}", owner="bot", migrations=NEXT):
        pass


class Steps:
    """Counts what the process does to files and databases, and ends it before one of them."""

    def __init__(self, place: Path, last: int) -> None:
        self._place = str(place)
        self._left = last

    def watch(self) -> None:
        sys.addaudithook(self._hear)
        connect = sqlite3.connect

        def connected(*args: Any, **kwargs: Any) -> sqlite3.Connection:
            connection: sqlite3.Connection = connect(*args, **kwargs)
            connection.set_trace_callback(self._step)
            connection.set_progress_handler(lambda: self._step("in the middle"), INSTRUCTIONS)
            return connection

        sqlite3.connect = connected  # type: ignore[assignment]  # it has overloads

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event in FILE_EVENTS and str(arguments[0]).startswith(self._place):
            self._step(f"{event} {Path(str(arguments[0])).name}")

    def _step(self, what: str) -> None:
        self._left -= 1
        if self._left < 0:
            os.write(1, f"{' '.join(what.split())[:60]}\n".encode())
            os.kill(os.getpid(), signal.SIGKILL)


def main(whole: Path, places: Path) -> None:
    for last in itertools.count():
        place = places / f"{last:03}"
        shutil.copytree(whole.parent, place)
        child = os.fork()
        if not child:
            Steps(place, last).watch()
            asyncio.run(upgrade(place / whole.name))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            sys.exit(os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
