"""Whatever a page says is proven by a test is proven by one that exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAMED = re.compile(r"`([a-z_/]+\.py)::(test_\w+)`")


@pytest.mark.parametrize("page", sorted(page.name for page in (ROOT / "docs").glob("*.md")))
def test_the_tests_that_a_page_names_exist(page: str) -> None:
    """`folder/test_file.py::test_name` is a test in `tests/`."""
    for file, name in NAMED.findall((ROOT / "docs" / page).read_text(encoding="utf-8")):
        tests = (ROOT / "tests" / file).read_text(encoding="utf-8")
        assert re.search(rf"^(async )?def {name}\(", tests, re.MULTILINE), f"{file}::{name}"
