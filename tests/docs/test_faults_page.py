"""The page of faults names tests for each fault, and each of those tests exists."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")
COLUMNS = 5
NAMED = re.compile(r"`([\w/]+\.py)::(test_\w+)`")
LISTED = re.compile(r"^- ([A-Z]\d+): (.*)$", re.MULTILINE)


def rows() -> list[list[str]]:
    """Return the cells of each fault, its number first."""
    lines = [line for line in PAGE.splitlines() if re.match(r"\| [A-Z]\d+ \|", line)]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_each_line_is_whole() -> None:
    """Number, fault, member, operator, and what is retried or lost: none is left open."""
    assert len(rows()) > 55
    for row in rows():
        assert len(row) == COLUMNS, row
        assert all(row), row


def test_each_line_has_its_tests() -> None:
    """Every number is used once in a table and once in a list of tests."""
    numbers = [row[0] for row in rows()]
    assert len(set(numbers)) == len(numbers)
    assert [number for number, _ in LISTED.findall(PAGE)] == numbers


def test_each_line_names_tests_that_exist() -> None:
    """A reader who doubts a line can run its tests."""
    missing = []
    for number, tests in LISTED.findall(PAGE):
        named = NAMED.findall(tests)
        assert len(named) == tests.count("`") // 2 > 0, number
        missing += [f"{file}::{name}" for file, name in named if name not in _tests_in(file)]
    assert not missing, missing


def _tests_in(file: str) -> set[str]:
    tree = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))
    return {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
