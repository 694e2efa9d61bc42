"""What a repository's host reads: the workflow, the forms, the hooks before a commit."""

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WORKFLOW = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
HOOKS = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
FORM = (ROOT / ".github" / "ISSUE_TEMPLATE" / "bug.yml").read_text(encoding="utf-8")
MATRIX = ("3.11", "3.12", "3.13")


def makefile() -> str:
    return (ROOT / "Makefile").read_text(encoding="utf-8")


def test_the_workflow_runs_what_a_clean_machine_runs() -> None:
    """`.ci/run` for each Python, from the oldest that the package takes."""
    assert f"python: {list(MATRIX)}".replace("'", '"') in WORKFLOW
    assert "- run: .ci/run\n" in WORKFLOW
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
    package = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert package["requires-python"] == f">={MATRIX[0]}"


@pytest.mark.parametrize("version", MATRIX)
def test_make_takes_the_python_that_it_is_told(version: str) -> None:
    """The variable that the workflow sets beats the newest Python that lies on the PATH."""
    make = shutil.which("make")
    if make is None:
        pytest.skip("make is not installed")
    assert "PYTHON: python${{ matrix.python }}\n" in WORKFLOW
    told = {"PATH": os.environ["PATH"], "PYTHON": f"python{version}"}
    dry = subprocess.run(  # noqa: S603 - make itself, with our own arguments
        [make, "--dry-run", "python"],
        cwd=ROOT,
        env=told,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert f"python{version} -c 'import venv, ensurepip'" in dry


def test_actions_are_pinned_by_version() -> None:
    """None moves by itself."""
    used = re.findall(r"uses: (\S+)", WORKFLOW)
    assert len(used) >= 2
    assert [action for action in used if not re.fullmatch(r"[\w/-]+@v\d+\.\d+\.\d+", action)] == []


def test_the_form_asks_for_the_doctor() -> None:
    """The form asks for doctor's output, with the command that the reporter has."""
    (doctor,) = [part for part in FORM.split("  - type: ") if "id: doctor" in part]
    assert "required: true" in doctor
    assert "make doctor" in doctor
    assert "kling-discord doctor" in doctor


def test_hooks_are_the_checks_of_make() -> None:
    """The same tools as in `make check`, those of the virtual environment and so of the lock."""
    recipe = makefile().partition("\ncheck:")[2].partition("\n\n")[0]
    tools = set(re.findall(r"\$\(BIN\)/([\w-]+(?: check| format)?)", recipe))
    hooks = set(re.findall(r"entry: \.venv/bin/([\w-]+(?: check| format)?)", HOOKS))
    assert hooks == tools
    assert HOOKS.count("language: system") == HOOKS.count("- id: ") == len(tools)
