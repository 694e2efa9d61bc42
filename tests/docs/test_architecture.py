"""What docs/architecture.md claims about the code, as far as a program can check it."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
NAMED = re.compile(r"`((?:bot|cogs|storage|tests|sandbox)/[\w./-]*)(?::([\w.]+))?`")
STEP = re.compile(r"`([A-Z]\w+)\.(\w+)`")


def _speaks_discord(path: Path) -> bool:
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    return any(name.split(".")[0] == "discord" for name in names)


def _methods() -> set[tuple[str, str]]:
    """Return every method of the product, each with its class."""
    files = [file for room in ("bot", "cogs", "storage") for file in (ROOT / room).rglob("*.py")]
    classes = [
        node
        for file in files
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
    ]
    return {
        (one.name, item.name)
        for one in classes
        for item in one.body
        if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef)
    }


@pytest.mark.parametrize(("name", "inside"), sorted(set(NAMED.findall(PAGE))))
def test_what_is_named_is_there(name: str, inside: str) -> None:
    """Each file and folder that the page names exists, and so does what it names inside."""
    path = ROOT / name
    assert path.exists()
    last = inside.rpartition(".")[2]
    assert not inside or re.search(rf"(?:def|class) {last}\b", path.read_text(encoding="utf-8"))


def test_each_step_that_is_named_is_there() -> None:
    """Each method that the page names as a step is one of that class."""
    steps = set(STEP.findall(PAGE))
    assert steps
    assert steps <= _methods()


def test_discord_py_is_spoken_where_the_page_says() -> None:
    """No module imports discord.py but those that the page names for it."""
    [row] = [line for line in PAGE.splitlines() if "where discord.py may be spoken" in line]
    named = tuple(name for name, _ in NAMED.findall(row))
    files = [file for room in ("bot", "cogs", "storage") for file in (ROOT / room).rglob("*.py")]
    speaking = [str(file.relative_to(ROOT)) for file in files if _speaks_discord(file)]
    assert speaking
    assert [file for file in speaking if not file.startswith(named)] == []
