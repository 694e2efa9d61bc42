"""The database examined without changing it, and the machine it is on."""

from pathlib import Path

import pytest

from bot.doctor import machine as doctor_machine
from bot.doctor.database import examine_database
from bot.doctor.findings import Mark, worst
from bot.doctor.machine import examine_machine
from bot.invocation import Invocation
from bot.settings.sections import StorageSettings
from storage.engine import open_database
from tests.conftest import MEASURES
from tests.harness.shell import bot


def at(path: Path) -> StorageSettings:
    return StorageSettings.model_validate({"url": f"sqlite:///{path}"})


def snapshot(folder: Path) -> dict[str, bytes]:
    """Every file but the shared memory of SQLite, where readers leave their marks."""
    files = [path for path in folder.iterdir() if not path.name.endswith("-shm")]
    return {path.name: path.read_bytes() for path in files}


async def test_a_database_to_be_made_is_fine(tmp_path: Path) -> None:
    """Nothing is there yet, and nothing is made."""
    findings = await examine_database(at(tmp_path / "data" / "deep" / "kling.db"))
    assert [finding.mark for finding in findings] == [Mark.OK]
    assert snapshot(tmp_path) == {}


async def test_a_database_is_examined_beside_the_running_bot(tmp_path: Path) -> None:
    """The bot holds the lock; looking takes nothing away and leaves no trace."""
    path = tmp_path / "kling.db"
    async with open_database(f"sqlite:///{path}", owner="bot") as database:
        await database.jobs.set_fact("a", "b")
        before = snapshot(tmp_path)
        (finding,) = await examine_database(at(path))
        assert finding.mark is Mark.OK
        assert snapshot(tmp_path) == before
        assert await database.jobs.fact("a") == "b"


async def test_a_closed_database_is_examined_without_a_trace(tmp_path: Path) -> None:
    """Not a byte changes, no file appears."""
    path = tmp_path / "kling.db"
    async with open_database(f"sqlite:///{path}", owner="bot"):
        pass
    before = snapshot(tmp_path)
    (finding,) = await examine_database(at(path))
    assert "intact" in finding.what
    assert snapshot(tmp_path) == before


@pytest.mark.parametrize("place", ["file/kling.db", "folder"])
async def test_a_place_that_cannot_hold_a_database_is_exit_4(tmp_path: Path, place: str) -> None:
    """A file where a directory should be, or the other way round."""
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "folder").mkdir()
    findings = await examine_database(at(tmp_path / place))
    assert worst(findings) == 4
    assert findings[0].fix


async def test_a_broken_database_is_exit_4(tmp_path: Path) -> None:
    """Pages that make no sense are found."""
    path = tmp_path / "kling.db"
    async with open_database(f"sqlite:///{path}", owner="bot"):
        pass
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    findings = await examine_database(at(path))
    assert worst(findings) == 4


async def test_the_machine_has_what_media_need(tmp_path: Path) -> None:
    """Both libraries load here, and the room of the nearest directory is told."""
    findings = await examine_machine(
        at(tmp_path / "not" / "yet" / "kling.db"), Invocation.of_script()
    )
    assert [finding.mark for finding in findings[:2]] == [Mark.OK, Mark.OK]
    assert str(tmp_path) in findings[2].what


@pytest.mark.parametrize(
    ("name", "limit", "mark"), [("ROOM_MIN_BYTES", 1 << 80, "✗"), ("ROOM_LOW_BYTES", 1 << 80, "!")]
)
async def test_a_full_disk_is_told_before_it_hurts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, limit: int, mark: str
) -> None:
    """Low is a warning, too low must be put right; measured against limits beyond any disk."""
    monkeypatch.setattr(doctor_machine, name, limit)
    findings = await examine_machine(at(tmp_path / "kling.db"), Invocation.of_script())
    assert findings[2].mark == mark


async def test_a_library_that_is_missing_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the command that installs it."""
    monkeypatch.setattr(doctor_machine, "LIBRARIES", {"no_such_library": "A library"})
    findings = await examine_machine(at(tmp_path / "kling.db"), Invocation.of_script())
    assert findings[0].mark is Mark.BAD
    assert "uv tool install --reinstall" in findings[0].fix


async def test_a_machine_without_a_temporary_directory_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no file can be written and the database is a server: in words, with what to set."""
    monkeypatch.delenv(MEASURES, raising=False)  # it could not write what it measured
    env = {
        "KLINGBOT_DISCORD__API_URL": "http://127.0.0.1:1",
        "KLINGBOT_KLING__BASE_URL": "http://127.0.0.1:1",
        "KLINGBOT_STORAGE__URL": "postgresql://127.0.0.1:1/kling",
    }
    ended = await bot("doctor", cwd=tmp_path, env=env, within=("prlimit", "--fsize=0"))
    lines = ended.out.splitlines()
    found = lines.index("✗ there is no temporary directory that this user can write")
    assert "TMPDIR" in lines[found + 1]
    assert ended.err == ""
