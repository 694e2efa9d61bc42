"""`bot backup` and `bot restore` as the operator types them."""

import asyncio
import io
from pathlib import Path

import pytest

from bot.cli import main
from storage.engine import open_database
from storage.lock import locked
from tests.harness.storage.making import answered, make_job


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A database with one job."""
    path = tmp_path / "data" / "kling.db"

    async def fill() -> None:
        async with open_database(f"sqlite:///{path}", owner="bot") as opened:
            await answered(opened.jobs, make_job())

    asyncio.run(fill())
    return path


def typed(database: Path, *words: object) -> tuple[int, str]:
    out = io.StringIO()
    env = {"KLINGBOT_STORAGE__URL": f"sqlite:///{database}"}
    return main([*map(str, words)], env, out=out, err=out), out.getvalue()


def test_a_copy_is_made_beside_a_running_bot_and_restored_before_it_starts(
    database: Path, tmp_path: Path
) -> None:
    """Restoring says what is under way, what cannot come back, and what has to be done again."""
    copy = tmp_path / "copy.db"
    with locked(database):
        code, said = typed(database, "backup", copy)
    assert (code, copy.exists()) == (0, True)
    assert "keep it where only you can read it" in said
    code, said = typed(database, "restore", copy)
    assert code == 0
    for told in ("1 queued", "usage --reconcile", "jobs forget --member ID", "--state waiting"):
        assert told in said


def test_a_running_bot_is_not_restored_over(database: Path, tmp_path: Path) -> None:
    """Exit 4, and what to do."""
    copy = tmp_path / "copy.db"
    typed(database, "backup", copy)
    before = database.read_bytes()
    with locked(database):
        code, said = typed(database, "restore", copy)
    assert code == 4
    assert "Stop the other process first" in said
    assert database.read_bytes() == before


def test_a_file_that_is_none_is_exit_4(database: Path, tmp_path: Path) -> None:
    """Nothing is replaced, and the file is named."""
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear all", encoding="utf-8")
    code, said = typed(database, "restore", letter)
    assert code == 4
    assert "letter.txt is not a SQLite database" in said


def test_nothing_to_copy_is_exit_4(tmp_path: Path) -> None:
    """Without a database there is no copy."""
    code, said = typed(tmp_path / "none.db", "backup", tmp_path / "copy.db")
    assert code == 4
    assert "contains no database yet" in said
    assert not (tmp_path / "copy.db").exists()
