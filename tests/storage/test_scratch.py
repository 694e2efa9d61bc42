"""The scratch folder: emptied at the start, made again if it is gone, each process its own."""

import asyncio
import os
import shutil
import signal
import sys
from pathlib import Path

import pytest

from storage.engine import open_database
from storage.scratch import SHARED_NAME, SUFFIX, open_scratch
from tests.harness.shell import environment
from tests.harness.storage.files import mode

NOWHERE = """
import asyncio, resource
from bot.invocation import AS_MODULE
from bot.operator.explain import explain
from storage.errors import StorageUnavailable
from storage.scratch import open_scratch

async def main():
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    try:
        async with open_scratch("postgresql://db.lan/kling"):
            pass
    except StorageUnavailable as refused:
        print(explain(refused, AS_MODULE))

asyncio.run(main())
"""
KILLED = """
import asyncio, os, signal, sys
from storage.scratch import open_scratch

async def main():
    async with open_scratch(sys.argv[1]) as scratch:
        (scratch.make_folder("job-") / "download").write_bytes(b"a clip")
        print("there", flush=True)
        sys.stdin.readline()

asyncio.run(main())
"""


async def _start(url: str, temporary: Path) -> asyncio.subprocess.Process:
    """A process that has something in its scratch folder."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        KILLED,
        url,
        env=environment({"TMPDIR": str(temporary)}),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"there\n"
    return process


def _files(place: Path) -> list[bytes]:
    return [path.read_bytes() for path in place.rglob("*") if path.is_file()]


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "tmp"
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))
    return place


async def test_beside_the_file_it_is_emptied_by_the_next_start(
    sqlite_path: Path, temporary: Path
) -> None:
    """What a killed process left is gone, the folder is its owner's alone, and goes at the end."""
    url = f"sqlite:///{sqlite_path}"
    place = sqlite_path.with_name(sqlite_path.name + SUFFIX)
    sqlite_path.parent.mkdir()
    process = await _start(url, temporary)
    process.kill()
    await process.wait()
    assert _files(place) == [b"a clip"]
    async with open_database(url, owner="bot"), open_scratch(url) as scratch:
        assert _files(place) == []
        assert mode(place) == 0o700
        assert scratch.make_folder("job-").parent == place
    assert not place.exists()


async def test_a_folder_that_was_cleaned_away_is_made_again(url: str, temporary: Path) -> None:
    """A program that deletes temporary files stops no delivery."""
    async with open_scratch(url) as scratch:
        place = scratch.make_folder("job-").parent
        shutil.rmtree(place)
        assert scratch.make_folder("job-").is_dir()
        assert mode(place) == 0o700


async def test_without_a_file_each_process_has_its_own(temporary: Path) -> None:
    """Processes that share a server leave each other's files alone, and clear up after the dead."""
    url = "postgresql://bot@127.0.0.1/kling"
    killed, running = [await _start(url, temporary) for _ in range(2)]
    killed.send_signal(signal.SIGKILL)
    await killed.wait()
    assert len(_files(temporary)) == 2
    async with open_scratch(url) as scratch:
        (scratch.make_folder("job-") / "download").write_bytes(b"mine")
        assert sorted(_files(temporary)) == [b"a clip", b"mine"]
    assert _files(temporary) == [b"a clip"]
    await running.communicate(b"go\n")
    assert _files(temporary) == []


async def test_a_folder_that_others_can_read_is_not_used(temporary: Path) -> None:
    """If another user made the shared folder first, the bot uses a private one."""
    place = temporary / SHARED_NAME.format(uid=os.getuid())
    place.mkdir(mode=0o755)
    async with open_scratch("postgresql://bot@127.0.0.1/kling") as scratch:
        folder = scratch.make_folder("job-")
        assert place not in folder.parents
        assert mode(folder.parent) == 0o700


async def test_no_temporary_directory_is_told_in_words() -> None:
    """Where no file can be written at all, it ends with what to do, not with a traceback."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", NOWHERE, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await child.communicate()
    assert b"There is no place for files under way" in said
    assert b"TMPDIR" in said
