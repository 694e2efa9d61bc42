"""What goes wrong with PostgreSQL's own programs is said of the copy, or of the server."""

import socket
from pathlib import Path

import pytest

from storage.engine import open_database
from storage.errors import CopyUnusable, StorageUnavailable
from storage.postgresql_dump import MAGIC
from storage.restore import back_up_database, restore_database
from tests.harness.storage.making import make_job
from tests.storage.test_restore import NOW, jobs_in, names_beside, needs_programs


async def _refused(url: str, copy: Path) -> StorageUnavailable:
    with pytest.raises(StorageUnavailable) as refused:
        await restore_database(url, copy, owner="operator", now=NOW)
    return refused.value


async def test_a_copy_that_was_cut_off_is_to_blame(postgres_url: str, tmp_path: Path) -> None:
    """Cut off right after its first bytes, or at its very end: the database is as it was."""
    needs_programs(postgres_url)
    copy = tmp_path / "copy"
    async with open_database(postgres_url, owner="bot") as database:
        job = make_job()
        await database.jobs.insert(job)
        await back_up_database(postgres_url, copy, now=NOW)
    whole = copy.read_bytes()
    for content in (MAGIC, whole[: len(whole) // 4], whole[:-40]):
        copy.write_bytes(content)
        refused = await _refused(postgres_url, copy)
        assert isinstance(refused, CopyUnusable), refused
        assert not refused.written
    assert await jobs_in(postgres_url) == {job.id}


async def test_a_server_that_is_gone_is_to_blame(tmp_path: Path) -> None:
    """Where nothing answers, no other file for the copy would help."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    url = f"postgresql://bot@127.0.0.1:{port}/bot"
    needs_programs(url)
    with pytest.raises(StorageUnavailable) as refused:
        await back_up_database(url, tmp_path / "copy", now=NOW)
    assert not isinstance(refused.value, CopyUnusable)
    assert "127.0.0.1" in refused.value.detail
    assert names_beside(tmp_path / "copy") == set()


async def test_a_program_that_does_not_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Made for another machine, for example: it is named, and nothing is left behind."""
    programs, place = tmp_path / "programs", tmp_path / "place"
    programs.mkdir()
    place.mkdir()
    (programs / "pg_dump").write_bytes(b"\x7fELF of another machine")
    (programs / "pg_dump").chmod(0o755)
    monkeypatch.setenv("PATH", str(programs))
    with pytest.raises(StorageUnavailable, match="pg_dump"):
        await back_up_database("postgresql://bot@127.0.0.1/bot", place / "copy", now=NOW)
    assert names_beside(place / "copy") == set()
