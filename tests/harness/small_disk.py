"""A filesystem of a few megabytes that can be filled to its last byte, or made read-only.

It is mounted in its own mount namespace: only processes inside see it, and it is gone with the
process that holds it, however that ends.
"""

import asyncio
import contextlib
import os
import shutil
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

DISK_BYTES = 4 * 1024 * 1024
FILLER = "filler"
CHUNK_BYTES = 4096
MOUNT = f'mount -t tmpfs -o size={DISK_BYTES} none "$0" && echo there && read -r _'


@dataclass(frozen=True)
class SmallDisk:
    """Where it is, for those who entered and for those who did not."""

    place: Path
    """As processes see it that were started with `entering` in front."""
    seen: Path
    """The same, as everybody sees it."""
    entering: tuple[str, ...]

    @property
    def url(self) -> str:
        """A database on it, for those who entered."""
        return f"sqlite:///{self.place}/kling.db"

    def copied(self, place: Path) -> str:
        """Copy the database, which no process has open, and return the URL of the copy.

        SQLite itself would follow `seen` outside of the namespace.
        """
        place.mkdir()
        for file in self.seen.glob("kling.db*"):
            shutil.copy(file, place)
        return f"sqlite:///{place}/kling.db"

    def fill(self) -> None:
        """Leave no room, not for a byte."""
        with (
            contextlib.suppress(OSError),
            (self.seen / FILLER).open("ab", buffering=0) as filler,
        ):
            while True:
                filler.write(bytes(CHUNK_BYTES))

    def make_room(self) -> None:
        """Let there be room again."""
        (self.seen / FILLER).unlink()

    async def make_read_only(self) -> None:
        """Make it read-only for everything."""
        process = await asyncio.create_subprocess_exec(
            *self.entering, "mount", "-o", "remount,ro", str(self.place)
        )
        assert await process.wait() == 0


@contextlib.asynccontextmanager
async def small_disk(tmp_path: Path) -> AsyncIterator[SmallDisk]:
    """Mount one for the block; skips the test where this user, or this system, cannot."""
    if not (shutil.which("unshare") and shutil.which("nsenter")):
        pytest.skip("unshare and nsenter are missing (Debian: apt install util-linux)")
    place = tmp_path / "disk"
    place.mkdir()
    as_user = os.geteuid() != 0
    holder = await asyncio.create_subprocess_exec(
        "unshare",
        *(["--user", "--map-root-user"] if as_user else []),
        "--mount",
        "sh",
        "-c",
        MOUNT,
        str(place),
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
    )
    assert holder.stdout is not None
    try:
        if await holder.stdout.readline() != b"there\n":
            _, said = await holder.communicate()
            pytest.skip(f"no filesystem can be mounted here: {said.decode().strip()}")
        entering = ["nsenter", "--target", str(holder.pid), "--mount"]
        if as_user:
            entering += ["--user", "--preserve-credentials"]
        yield SmallDisk(place, Path(f"/proc/{holder.pid}/root{place}"), tuple(entering))
    finally:
        await holder.communicate(b"\n")
