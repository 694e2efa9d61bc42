"""The copy that is kept of an old schema, and an upgrade that dies anywhere on its way."""

import asyncio
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from storage.engine import open_database
from storage.job import StoredInput
from storage.migrations import MIGRATIONS, Migration
from storage.sqlite_file import BACKUPS_KEPT, backups_of
from tests.harness.shell import environment
from tests.harness.storage import upgrading
from tests.harness.storage.contents import at_hand, whole
from tests.harness.storage.files import contents, copied
from tests.harness.storage.making import answered, make_job

TODAY = len(MIGRATIONS)
BACKUP = f"kling.db.v{TODAY}.backup"
BIG = StoredInput("image", "image/png", bytes(range(256)) * 800)
JOBS_MORE = 20
"""Enough rows that copying them takes more than one step."""
KEEPER = """
import asyncio, sys
from pathlib import Path
from tests.harness.storage import upgrading

def refuse(event, arguments):
    if event == "os.remove" and str(arguments[0]) == sys.argv[2]:
        raise PermissionError(1, "Operation not permitted")

sys.addaudithook(refuse)
asyncio.run(upgrading.upgrade(Path(sys.argv[1])))
"""
"""Upgrades its first argument on a system where its second can't be deleted."""


def _names(path: Path) -> set[str]:
    return {entry.name for entry in path.parent.iterdir()} - {path.name + ".lock"}


async def _filled(path: Path) -> str:
    async with open_database(f"sqlite:///{path}", owner="bot") as database:
        job = make_job()
        await database.jobs.insert(job, [BIG])
        for _ in range(JOBS_MORE):
            await database.jobs.insert(make_job())
        return job.id


def _version(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        (whole,) = connection.execute("PRAGMA integrity_check").fetchone()
        assert whole == "ok"
        (version,) = connection.execute("SELECT max(version) FROM schema_version").fetchone()
    return int(version)


def _one_more(table: str) -> Migration:
    return lambda connection: connection.exec_driver_sql(
        f"CREATE TABLE {table} (x INTEGER)"
    ).close()


async def test_a_copy_is_kept_before_migrating(sqlite_path: Path) -> None:
    """Before a SQLite file changes its version, a whole copy of the old one is put beside it."""
    async with open_database(f"sqlite:///{sqlite_path}", owner="bot") as database:
        job = await answered(database.jobs, make_job())
    assert _names(sqlite_path) == {"kling.db"}
    await upgrading.upgrade(sqlite_path)
    assert _names(sqlite_path) == {"kling.db", BACKUP}
    copy = sqlite_path.with_name(BACKUP)
    assert copy.stat().st_mode & 0o777 == 0o600
    async with open_database(f"sqlite:///{copy}", owner="bot") as database:
        assert await database.jobs.list_jobs() == [job]


async def test_a_copy_holds_what_lies_in_the_log(sqlite_path: Path, tmp_path: Path) -> None:
    """After a crash the newest rows lie in the write-ahead log; the copy has them too."""
    crashed = tmp_path / "crashed" / "kling.db"
    async with open_database(f"sqlite:///{sqlite_path}", owner="bot") as database:
        job = await answered(database.jobs, make_job())
        copied(sqlite_path, crashed)
    await upgrading.upgrade(crashed)
    with closing(sqlite3.connect(crashed.with_name(BACKUP))) as connection:
        assert connection.execute("SELECT id FROM jobs").fetchall() == [(job.id,)]


async def test_a_broken_off_copy_is_made_anew(sqlite_path: Path) -> None:
    """What an interrupted copy left behind is replaced, and goes."""
    await _filled(sqlite_path)
    sqlite_path.with_name(f"{BACKUP}.unfinished").write_bytes(b"half")
    sqlite_path.with_name(BACKUP).write_bytes(b"of an earlier try")
    await upgrading.upgrade(sqlite_path)
    assert _names(sqlite_path) == {"kling.db", BACKUP}
    assert _version(sqlite_path.with_name(BACKUP)) == TODAY


async def test_only_the_newest_copies_stay(sqlite_path: Path) -> None:
    """Years of upgrades leave two copies behind, by their versions and not by their names."""
    others = {"kling.db.backup", "kling.db.v1.backup.mine", "other.db.v1.backup"}
    await _filled(sqlite_path)
    for name in others:
        sqlite_path.with_name(name).touch()
    newer = MIGRATIONS
    for number in range(10):
        newer = (*newer, _one_more(f"more{number}"))
        async with open_database(f"sqlite:///{sqlite_path}", owner="bot", migrations=newer):
            pass
    assert sorted(backups_of(sqlite_path)) == [len(newer) - 2, len(newer) - 1]
    assert len(_names(sqlite_path) - others) == 1 + BACKUPS_KEPT
    assert others < _names(sqlite_path)


async def test_the_copy_just_made_stays(sqlite_path: Path) -> None:
    """After a downgrade, another upgrade keeps the copy of that version."""
    await _filled(sqlite_path)
    later = [f"kling.db.v{TODAY + more}.backup" for more in (1, 2)]
    for name in later:
        sqlite_path.with_name(name).write_bytes(b"of a later schema")
    await upgrading.upgrade(sqlite_path)
    assert _names(sqlite_path) == {"kling.db", BACKUP, later[-1]}
    assert _version(sqlite_path.with_name(BACKUP)) == TODAY


async def test_an_old_copy_that_cannot_be_deleted_stops_nobody(sqlite_path: Path) -> None:
    """The upgrade continues without it; the copy is still there and complete."""
    await _filled(sqlite_path)
    later = [sqlite_path.with_name(f"kling.db.v{TODAY + more}.backup") for more in (1, 2)]
    for copy in later:
        copy.write_bytes(b"of a later schema")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", KEEPER, str(sqlite_path), str(later[0]), env=environment({})
    )
    assert await process.wait() == 0
    assert _version(sqlite_path) == TODAY + 1
    assert later[0].exists()


@pytest.mark.sweep
async def test_an_upgrade_may_die_anywhere(sqlite_path: Path, tmp_path: Path) -> None:
    """Killed before any of its steps, it leaves the old or the new; the next start finishes it.

    Nothing is ever new without a whole copy of the old beside it.
    """
    job_id = await _filled(sqlite_path)
    places = tmp_path / "places"
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        upgrading.__file__,
        str(sqlite_path),
        str(places),
        env=environment({}),
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await process.communicate()
    assert process.returncode == 0
    last_steps = said.decode().splitlines()
    for word in ("VACUUM INTO", "os.rename", "CREATE TABLE moods", "COMMIT", "in the middle"):
        assert any(word in step for step in last_steps), word
    left: list[int] = []
    for number, step in enumerate(last_steps):
        path = places / f"{number:03}" / "kling.db"
        left.append(_version(path))
        assert left[-1] in {TODAY, TODAY + 1}, step
        if BACKUP in contents(path.parent):
            assert _version(path.with_name(BACKUP)) == TODAY, step
        else:
            assert left[-1] == TODAY, step
        async with open_database(
            f"sqlite:///{path}", owner="bot", migrations=upgrading.NEXT
        ) as database:
            assert len(await database.jobs.list_jobs()) == 1 + JOBS_MORE, step
            [kept] = (await database.jobs.inputs(job_id)).values()
            assert await whole(database.jobs, kept) == at_hand(BIG), step
        assert _names(path) == {"kling.db", BACKUP}, step
    assert left == sorted(left)
    assert len(set(left)) == 2
