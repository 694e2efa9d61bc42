"""`tests/README.md` says where everything is, and everything is where it says."""

import re
from pathlib import Path

import pytest

from tests.harness.together import shares

TESTS = Path(__file__).parents[1]
PAGE = (TESTS / "README.md").read_text(encoding="utf-8")
NOT_TESTS = {"harness", "commands"}
"""The folders for all that is no test."""


def test_every_folder_is_on_the_page() -> None:
    """A newcomer reads what each folder is about, and of none that is not there."""
    folders = {
        path.name
        for path in TESTS.iterdir()
        if any(path.glob("**/*.py")) or any(path.glob("*.toml"))
    }
    first_cells = " ".join(re.findall(r"^\| (`.*?) \|", PAGE, re.MULTILINE))
    assert set(re.findall(r"`(\w+)/`", first_cells)) == folders


def test_every_file_that_is_named_exists() -> None:
    """Paths on the page lead to tests."""
    named = re.findall(r"tests/[\w/.]+|test_\w+\.py", PAGE)
    assert len(named) >= 3
    for path in named:
        assert (TESTS.parent / path).exists() or (TESTS / path).exists(), path


def test_folders_of_tests_hold_tests() -> None:
    """What tests share lies in the harness, so that beside a test there are only tests."""
    for file in TESTS.rglob("*.py"):
        if file.relative_to(TESTS).parts[0] not in NOT_TESTS:
            assert file.name == "conftest.py" or file.name.startswith("test_"), file


@pytest.mark.parametrize(
    ("file", "together"),
    [
        ("tests/recovery/test_machines.py", True),
        ("tests/sandbox/playground/test_daily.py", True),
        ("tests/recovery/test_moments.py", False),
        ("tests/media/test_download.py", False),
    ],
)
def test_what_is_dear_is_started_once(file: str, *, together: bool) -> None:
    """One worker plays a module that shares a database server or a browser, and no other."""
    assert shares(file) is together
