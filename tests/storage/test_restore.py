"""Copies of the whole database, made while it is written to, and put in its place."""

import asyncio
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from storage.engine import open_database
from storage.errors import StorageUnavailable
from storage.migrations import MIGRATIONS
from storage.restore import back_up_database, restore_database
from storage.roles import HOUSEKEEPER
from storage.sqlite_backup import REPLACED
from tests.harness.storage.making import answered, make_job

NOW = 1_800_000_000.0


def needs_programs(url: str) -> None:
    if url.startswith("postgresql") and not (
        shutil.which("pg_dump") and shutil.which("pg_restore")
    ):
        pytest.skip("pg_dump is not installed (Debian: apt install postgresql-client)")


def names_beside(path: Path) -> set[str]:
    return {beside.name for beside in path.parent.iterdir()}


async def jobs_in(url: str) -> set[str]:
    async with open_database(url, owner="look", beside=True) as database:
        return {job.id for job in await database.jobs.list_jobs(limit=10_000)}


async def test_a_copy_under_load_is_one_moment(url: str, tmp_path: Path) -> None:
    """What was stored before the copy began is in it, the rest wholly or not at all."""
    needs_programs(url)
    copy = tmp_path / "copy"
    async with open_database(url, owner="bot") as database:
        store = database.jobs
        before = [make_job() for _ in range(20)]
        for job in before:
            await store.insert(job)
        stop = asyncio.Event()
        later: list[str] = []

        async def write() -> None:
            while not stop.is_set():
                job = make_job()
                await store.insert(job)
                later.append(job.id)

        writing = asyncio.create_task(write())
        await back_up_database(url, copy, now=NOW)
        stop.set()
        await writing
    restored = await restore_database(url, copy, owner="operator", now=NOW)
    found = await jobs_in(url)
    assert {job.id for job in before} <= found <= {job.id for job in before} | set(later)
    assert sum(restored.marked.by_state.values()) == len(found)
    async with open_database(url, owner="bot") as database:
        assert await database.jobs.check_books() == []
        assert await database.jobs.restored_at() == NOW


async def test_a_running_bot_is_not_restored_over(url: str, tmp_path: Path) -> None:
    """The database stays what it is while a bot has it open."""
    needs_programs(url)
    copy = tmp_path / "copy"
    async with open_database(url, owner="bot") as database:
        await back_up_database(url, copy, now=NOW)
        job = await answered(database.jobs, make_job())
        await database.jobs.take_role(HOUSEKEEPER, now=NOW, lease_s=45.0)
        with pytest.raises(StorageUnavailable) as refused:
            await restore_database(url, copy, owner="operator", now=NOW)
    assert refused.value.reason == "held"
    assert job.id in await jobs_in(url)


async def test_a_copy_of_a_newer_version_is_refused(url: str, tmp_path: Path) -> None:
    """A program that is older than the copy leaves the database as it is."""
    needs_programs(url)
    copy = tmp_path / "copy"
    async with open_database(url, owner="bot") as database:
        job = await answered(database.jobs, make_job())
        await back_up_database(url, copy, now=NOW)
    with pytest.raises(StorageUnavailable) as refused:
        await restore_database(url, copy, owner="operator", now=NOW, migrations=MIGRATIONS[:-1])
    assert refused.value.reason == "newer"
    assert job.id in await jobs_in(url)


@pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\x00" + b"x" * 5_000])
async def test_a_file_that_is_no_copy_is_refused(url: str, tmp_path: Path, content: bytes) -> None:
    """Neither an empty file nor a damaged one replaces anything."""
    needs_programs(url)
    copy = tmp_path / "copy"
    copy.write_bytes(content)
    async with open_database(url, owner="bot") as database:
        job = await answered(database.jobs, make_job())
    with pytest.raises(StorageUnavailable):
        await restore_database(url, copy, owner="operator", now=NOW)
    with pytest.raises(StorageUnavailable):
        await restore_database(url, tmp_path / "missing", owner="operator", now=NOW)
    assert job.id in await jobs_in(url)


async def test_another_programs_database_is_refused(sqlite_path: Path, tmp_path: Path) -> None:
    """A SQLite file without our tables is no copy of ours."""
    copy = tmp_path / "copy"
    with closing(sqlite3.connect(copy)) as other:
        other.execute("CREATE TABLE jobs (id TEXT)")
    url = f"sqlite:///{sqlite_path}"
    with pytest.raises(StorageUnavailable, match="another program"):
        await restore_database(url, copy, owner="operator", now=NOW)
    assert sqlite_path.name not in names_beside(sqlite_path)


async def test_what_is_replaced_is_kept_beside(sqlite_path: Path, tmp_path: Path) -> None:
    """The database before can be opened under its new name, with everything that was in its log."""
    url, copy = f"sqlite:///{sqlite_path}", tmp_path / "copy"
    async with open_database(url, owner="bot") as database:
        await back_up_database(url, copy, now=NOW)
        job = await answered(database.jobs, make_job())
    restored = await restore_database(url, copy, owner="operator", now=NOW)
    assert restored.replaced == sqlite_path.with_name(sqlite_path.name + REPLACED)
    assert restored.marked.copied_at == NOW
    assert await jobs_in(url) == set()
    assert await jobs_in(f"sqlite:///{restored.replaced}") == {job.id}
    left = names_beside(sqlite_path)
    assert not {name for name in left if "restoring" in name or "unfinished" in name}


async def test_a_copy_never_replaces_something_else(sqlite_path: Path, tmp_path: Path) -> None:
    """Neither the database itself nor a file of another kind is overwritten; an older copy is."""
    url = f"sqlite:///{sqlite_path}"
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear all", encoding="utf-8")
    async with open_database(url, owner="bot") as database:
        for target in (letter, sqlite_path):
            with pytest.raises(StorageUnavailable):
                await back_up_database(url, target, now=NOW)
        copy = tmp_path / "copy"
        await back_up_database(url, copy, now=NOW)
        await answered(database.jobs, make_job())
        await back_up_database(url, copy, now=NOW)
    assert letter.read_text(encoding="utf-8") == "Dear all"
    assert len(await jobs_in(f"sqlite:///{copy}")) == 1
    assert mode_of(copy) == 0o600


def mode_of(path: Path) -> int:
    return path.stat().st_mode & 0o777
