"""`bot backup` and `bot restore` as the operator types them."""

import asyncio
import io
from pathlib import Path

import pytest

from bot.cli import main
from storage.engine import open_database
from storage.lock import locked
from tests.harness.shell import bot
from tests.harness.small_disk import small_disk
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


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("backup", "nowhere/copy.db"), ["cannot be written", "No such file", "Name a FILE"]),
        (("backup", "letter.txt"), ["cannot be written", "letter.txt exists and is not a copy"]),
        (("restore", "none.db"), ["cannot be restored", "none.db does not exist", "`backup`"]),
        (("restore", "letter.txt"), ["cannot be restored", "letter.txt is not a SQLite database"]),
    ],
)
def test_a_file_that_will_not_do_is_named(
    database: Path, tmp_path: Path, words: tuple[str, str], told: list[str]
) -> None:
    """Exit 4; it is the copy that is wrong, not the database, of which nothing is replaced."""
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear all", encoding="utf-8")
    before = database.read_bytes()
    code, said = typed(database, words[0], tmp_path / words[1])
    assert code == 4
    assert all(word in said for word in ["The copy", *told])
    assert "storage.url" not in said
    assert letter.read_text(encoding="utf-8") == "Dear all"
    assert database.read_bytes() == before


@pytest.mark.sweep
async def test_a_full_disk_takes_no_copy_and_a_read_only_one_gives_it(
    database: Path, tmp_path: Path
) -> None:
    """Nothing is left of a copy that had no room; restoring only reads what it restores."""
    url = {"KLINGBOT_STORAGE__URL": f"sqlite:///{database}"}
    async with small_disk(tmp_path) as disk:
        copy = str(disk.place / "copy.db")
        disk.fill()
        ended = await bot("backup", copy, cwd=tmp_path, env=url, within=disk.entering)
        assert ended.code == 4
        assert "The copy cannot be written" in ended.err
        assert "Free some disk space." in ended.err
        disk.make_room()
        assert list(disk.seen.iterdir()) == []
        ended = await bot("backup", copy, cwd=tmp_path, env=url, within=disk.entering)
        assert ended.code == 0
        await disk.make_read_only()
        ended = await bot("restore", copy, cwd=tmp_path, env=url, within=disk.entering)
        assert ended.code == 0, ended.err


def test_nothing_to_copy_is_exit_4(tmp_path: Path) -> None:
    """Without a database there is no copy."""
    code, said = typed(tmp_path / "none.db", "backup", tmp_path / "copy.db")
    assert code == 4
    assert "contains no database yet" in said
    assert not (tmp_path / "copy.db").exists()
