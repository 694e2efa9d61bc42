"""A SQLite file as a first start leaves it, made once for all the processes of a test run."""

import asyncio
import contextlib
import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from storage.engine import open_database
from storage.migrations import MIGRATIONS
from tests.harness.shelf import SHELF


def put_migrated(path: Path) -> None:
    """Put one at `path`, unless there is a file."""
    made = SHELF.kept(("migrated", len(MIGRATIONS)), _made)
    with contextlib.suppress(FileExistsError):
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(made)


def _made() -> bytes:
    async def opened(path: Path) -> None:
        async with open_database(f"sqlite:///{path}", owner="the first"):
            pass

    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(1) as thread:
        path = Path(folder) / "kling.db"
        thread.submit(asyncio.run, opened(path)).result()
        assert [file.name for file in path.parent.iterdir() if "-wal" in file.name] == []
        return path.read_bytes()
