"""A database that cannot be used at the start: one readable block, exit 4, the file untouched."""

import asyncio
import sys
from pathlib import Path

import pytest

from storage.engine import open_database
from storage.job import StoredInput
from storage.migrations import MIGRATIONS
from tests.harness.shell import Ended, bot, environment, holding
from tests.harness.small_disk import SmallDisk, small_disk
from tests.harness.storage.files import contents, write
from tests.harness.storage.making import make_job

ENV = {"KLINGBOT_DISCORD__TOKEN": "a-token", "KLINGBOT_WEB__LISTEN": ""}
UPGRADE = """
import asyncio, sys
from pathlib import Path
from storage.errors import StorageUnavailable
from tests.harness.storage.upgrading import upgrade

try:
    asyncio.run(upgrade(Path(sys.argv[1])))
except StorageUnavailable as refusal:
    sys.exit(str(refusal))
"""


async def _filled(disk: SmallDisk, tmp_path: Path, input_bytes: int = 0) -> None:
    """Put a database with a job on the disk."""
    url = f"sqlite:///{tmp_path}/kling.db"
    async with open_database(url, owner="bot") as database:
        data = StoredInput("image", "image/png", bytes(input_bytes))
        await database.jobs.insert(make_job(), [data] if input_bytes else [])
    write(disk.seen / "kling.db", (tmp_path / "kling.db").read_bytes())


async def _run(disk: SmallDisk, tmp_path: Path, *args: str) -> Ended:
    env = {**ENV, "KLINGBOT_STORAGE__URL": disk.url}
    return await bot(*args, cwd=tmp_path, env=env, within=disk.entering)


@pytest.mark.parametrize("command", ["run", pytest.param("jobs list", marks=pytest.mark.sweep)])
async def test_a_read_only_filesystem_is_exit_4(tmp_path: Path, command: str) -> None:
    """Mounted read-only, as after an error of the disk: said so, with what to do about it."""
    async with small_disk(tmp_path) as disk:
        await _filled(disk, tmp_path)
        before = contents(disk.seen)
        await disk.make_read_only()
        ended = await _run(disk, tmp_path, *command.split())
        assert ended.code == 4
        assert "Read-only file system" in ended.err
        assert "Let this user write to the file and to its directory." in ended.err
        assert "Traceback" not in ended.err
        assert contents(disk.seen) == before


@pytest.mark.sweep
async def test_a_foreign_lock_at_the_start_is_exit_4(tmp_path: Path) -> None:
    """Not another bot but a shell or a backup that keeps it: waited for a little, then said so."""
    file = tmp_path / "kling.db"
    async with open_database(f"sqlite:///{file}", owner="bot"):
        pass
    holder = await holding(file)
    before = contents(tmp_path)
    ended = await bot(
        "run", cwd=tmp_path, env={**ENV, "KLINGBOT_STORAGE__URL": f"sqlite:///{file}"}
    )
    assert ended.code == 4
    assert "Stop the other process first" in ended.err
    assert "Traceback" not in ended.err
    assert contents(tmp_path)["kling.db"] == before["kling.db"]
    await holder.communicate(b"")


@pytest.mark.sweep
async def test_a_first_start_without_room_is_exit_4(tmp_path: Path) -> None:
    """Not a byte is left on the disk: said so, and the next start with room makes the database."""
    async with small_disk(tmp_path) as disk:
        disk.fill()
        ended = await _run(disk, tmp_path, "run")
        assert ended.code == 4
        assert "Free some disk space." in ended.err
        assert "Traceback" not in ended.err
        disk.make_room()
        assert await _upgraded(disk) == ""


@pytest.mark.sweep
async def test_an_upgrade_without_room_for_its_copy_changes_nothing(tmp_path: Path) -> None:
    """The old schema stays, whole, with no half a copy beside it; with room, it is upgraded."""
    async with small_disk(tmp_path) as disk:
        await _filled(disk, tmp_path, 1_000_000)
        disk.fill()
        before = contents(disk.seen)
        assert (await _upgraded(disk)).startswith("full: ")
        after = contents(disk.seen)
        assert after["kling.db"] == before["kling.db"]
        assert [name for name in after if "backup" in name] == []
        disk.make_room()
        assert await _upgraded(disk) == ""
        assert set(contents(disk.seen)) == {"kling.db", f"kling.db.v{len(MIGRATIONS)}.backup"}


async def _upgraded(disk: SmallDisk) -> str:
    """Open it with a newer program; return the reason of a refusal."""
    process = await asyncio.create_subprocess_exec(
        *disk.entering,
        sys.executable,
        "-c",
        UPGRADE,
        str(disk.place / "kling.db"),
        env=environment({}),
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await process.communicate()
    return said.decode().strip()
