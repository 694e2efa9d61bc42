"""Opening a SQLite file: checked before it is touched, locked, and safe against power loss."""

import asyncio
import os
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from storage.engine import open_database
from storage.errors import StorageUnavailable
from storage.job import State, StoredInput
from storage.store import Lane
from tests.harness.storage.files import contents, mode, set_mode, write
from tests.harness.storage.making import LEASE_S, NOW, answered, claimed, make_job

NOBODY = 65_534


def _url(path: Path) -> str:
    return f"sqlite:///{path}"


async def _refusal(url: str, *, beside: bool = False) -> str:
    with pytest.raises(StorageUnavailable) as refusal:
        async with open_database(url, owner="bot", beside=beside):
            pass
    return refusal.value.reason


async def _filled(path: Path) -> str:
    async with open_database(_url(path), owner="bot") as database:
        return (await answered(database.jobs, make_job())).id


async def test_a_database_is_made_where_there_is_none(sqlite_path: Path) -> None:
    """A first start makes directory and file, readable by its owner only."""
    job_id = await _filled(sqlite_path)
    assert mode(sqlite_path) == 0o600
    assert mode(sqlite_path.parent) == 0o700
    async with open_database(_url(sqlite_path), owner="bot") as database:
        assert await database.jobs.get(job_id) is not None


async def test_an_empty_file_becomes_a_database(sqlite_path: Path) -> None:
    """A file of no bytes, as a crash may leave it before the first commit, is no obstacle."""
    write(sqlite_path, b"")
    assert await _filled(sqlite_path)


async def test_every_commit_is_durable(sqlite_path: Path) -> None:
    """The file is in WAL mode and every connection that writes waits for the disk."""
    async with open_database(_url(sqlite_path), owner="bot") as database:
        found = await database.jobs._connections.write(
            lambda here: {
                name: here.exec_driver_sql(f"PRAGMA {name}").scalar_one()
                for name in ("journal_mode", "synchronous", "foreign_keys")
            }
        )
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


@pytest.mark.parametrize("damage", ["header", "middle", "an index", "cut", "words"])
async def test_a_corrupt_file_is_refused_untouched(sqlite_path: Path, damage: str) -> None:
    """A damaged file is named so, and not a byte of it changes."""
    await _filled(sqlite_path)
    whole = contents(sqlite_path.parent)[sqlite_path.name]
    damaged = {
        "header": b"X" + whole[1:],
        "middle": whole[:4096] + b"\xff" * (len(whole) - 4096),
        "an index": whole[: 3 * 4096] + bytes(4096) + whole[4 * 4096 :],
        "cut": whole[: len(whole) // 2],
        "words": b"not a database, whatever its name says" * 200,
    }[damage]
    write(sqlite_path, damaged)
    before = contents(sqlite_path.parent)
    for beside in (False, True):
        assert await _refusal(_url(sqlite_path), beside=beside) == "corrupt"
    assert contents(sqlite_path.parent) == before


async def test_another_programs_database_is_refused_untouched(sqlite_path: Path) -> None:
    """A SQLite file that is not the bot's is left alone."""
    sqlite_path.parent.mkdir()
    connection = sqlite3.connect(sqlite_path)
    connection.execute("CREATE TABLE recipes (name TEXT)")
    connection.close()
    before = contents(sqlite_path.parent)
    assert await _refusal(_url(sqlite_path)) == "cannot_open"
    assert contents(sqlite_path.parent) == before


async def test_a_place_that_is_no_place(tmp_path: Path) -> None:
    """A directory in place of the file, or a file in place of the directory, is named."""
    assert await _refusal(_url(tmp_path)) == "cannot_open"
    (tmp_path / "file").touch()
    assert await _refusal(_url(tmp_path / "file" / "kling.db")) == "cannot_open"


@pytest.mark.parametrize(
    "url", ["sqlite://", "sqlite:///:memory:", "mysql://host/db", "nonsense", ""]
)
async def test_an_address_that_is_none(url: str) -> None:
    """Only files of SQLite and PostgreSQL servers are opened."""
    assert await _refusal(url) == "cannot_open"


@pytest.fixture
def unprivileged_place() -> Iterator[Path]:
    """A directory of an ordinary user, as whom the test runs: nothing is read-only for root."""
    place = Path(tempfile.mkdtemp())
    was_root = os.geteuid() == 0
    if was_root:
        os.chown(place, NOBODY, NOBODY)
        os.seteuid(NOBODY)
    yield place
    if was_root:
        os.seteuid(0)
    place.chmod(0o700)
    shutil.rmtree(place)


async def test_a_read_only_file_is_refused(unprivileged_place: Path) -> None:
    """A file, or a directory, that cannot be written is named so and left alone."""
    path = unprivileged_place / "kling.db"
    await _filled(path)
    before = contents(unprivileged_place)
    set_mode(path, 0o400)
    assert await _refusal(_url(path)) == "read_only"
    set_mode(path, 0o600)
    set_mode(unprivileged_place, 0o500)
    assert await _refusal(_url(path)) == "read_only"
    set_mode(unprivileged_place, 0o700)
    assert contents(unprivileged_place) == before


async def test_one_process_at_a_time(sqlite_path: Path, tmp_path: Path) -> None:
    """A file that is open is held against everybody else, by whatever name they call it."""
    async with open_database(_url(sqlite_path), owner="one"):
        alias = tmp_path / "alias.db"
        alias.symlink_to(sqlite_path)
        for path in (sqlite_path, alias):
            assert await _refusal(_url(path)) == "held"
    await _filled(sqlite_path)


HOLD = """
import sys
from pathlib import Path
from storage.lock import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


async def test_a_dead_holder_holds_nothing(sqlite_path: Path) -> None:
    """Another process's lock holds until that process ends, even by SIGKILL."""
    sqlite_path.parent.mkdir()
    holder = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        HOLD,
        str(sqlite_path),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert holder.stdout is not None
    assert await holder.stdout.readline() == b"held\n"
    assert await _refusal(_url(sqlite_path)) == "held"
    holder.kill()
    await holder.wait()
    assert await _filled(sqlite_path)


async def test_leases_are_void_at_the_start(sqlite_path: Path) -> None:
    """With the lock held no other process is alive: what a crash left claimed is due at once."""
    async with open_database(_url(sqlite_path), owner="crashed") as database:
        await answered(database.jobs, make_job(state=State.PREPARING))
        await claimed(database.jobs, Lane.PREPARE)
    async with open_database(_url(sqlite_path), owner="crashed") as database:
        assert await database.jobs.next_due([Lane.PREPARE], now=NOW) == NOW
        await claimed(database.jobs, Lane.PREPARE)


async def test_an_operator_stands_beside_the_bot(sqlite_path: Path) -> None:
    """The command line reads and resolves in a running bot's file, and voids no lease of its."""
    async with open_database(_url(sqlite_path), owner="bot") as bot:
        job = await answered(bot.jobs, make_job(state=State.PREPARING))
        held = await claimed(bot.jobs, Lane.PREPARE)
        async with open_database(_url(sqlite_path), owner="operator", beside=True) as operator:
            assert await operator.jobs.get(job.id) == held
            assert await operator.jobs.decide(
                job.id, from_state=State.PREPARING, to=State.CANCELLED, now=NOW
            )
        assert await bot.jobs.claim(Lane.PREPARE, now=NOW, lease_s=LEASE_S, limit=1) == []


async def test_nobody_stands_beside_nothing(sqlite_path: Path) -> None:
    """An operator's look at a database that is not there makes none."""
    assert await _refusal(_url(sqlite_path), beside=True) == "cannot_open"
    assert not sqlite_path.parent.exists()


async def test_a_full_disk_is_told_and_forgotten(sqlite_path: Path) -> None:
    """A write that finds no room changes nothing and says so; with room, life goes on."""
    async with open_database(_url(sqlite_path), owner="bot") as database:
        store = database.jobs
        kept = await answered(store, make_job())

        def fill_up(here: Connection) -> None:
            pages = here.exec_driver_sql("PRAGMA page_count").scalar_one()
            here.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

        await store._connections.write(fill_up)
        job = make_job()
        with pytest.raises(StorageUnavailable) as refusal:
            await store.insert(job, [StoredInput("image", "image/png", bytes(1_000_000))])
        assert refusal.value.reason == "full"
        assert await store.list_jobs() == [kept]
        await store._connections.write(
            lambda here: here.exec_driver_sql("PRAGMA max_page_count = 1000000").close()
        )
        await store.insert(job)
        assert len(await store.list_jobs()) == 2


async def test_a_write_that_cannot_begin_is_told(sqlite_path: Path) -> None:
    """A foreign process that keeps the file locked is named, not raised as a driver's error."""
    async with open_database(_url(sqlite_path), owner="bot") as database:
        await database.jobs._connections.write(
            lambda here: here.exec_driver_sql("PRAGMA busy_timeout = 0").close()
        )
        foreign = sqlite3.connect(sqlite_path)
        foreign.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageUnavailable) as refusal:
            await database.jobs.insert(make_job())
        foreign.close()
        assert refusal.value.reason == "held"
        await database.jobs.insert(make_job())
