"""The page of reliability names a test for each fault, and each of those tests exists."""

import ast
import re
from pathlib import Path

from tests.commands.soak.tables import PAGE

TESTS = Path(__file__).parents[1]
COLUMNS = 5
NAMED = re.compile(r"`([\w/]+\.py)::(test_\w+)`")


def lines() -> list[list[str]]:
    """Return the cells of each fault; a line with one cell is a heading."""
    page = PAGE.read_text(encoding="utf-8")
    part = page.partition("## Faults, one by one")[2].partition("\n## ")[0]
    rows = [line for line in part.splitlines() if line.startswith("|")][2:]
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    return [row for row in cells if any(row[1:])]


def test_each_line_is_whole() -> None:
    """Fault, member, operator, what is retried, test: none is left open."""
    assert len(lines()) > 40
    for row in lines():
        assert len(row) == COLUMNS, row
        assert all(row), row


def test_each_line_names_tests_that_exist() -> None:
    """Whoever doubts a line can run what it says."""
    missing = []
    for row in lines():
        named = NAMED.findall(row[-1])
        assert len(named) == row[-1].count("`") // 2 > 0, row
        missing += [f"{file}::{name}" for file, name in named if name not in _tests_in(file)]
    assert not missing, missing


def _tests_in(file: str) -> set[str]:
    tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
    return {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
