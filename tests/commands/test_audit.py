"""What the audit of the packages makes of each answer, and that every package is pinned by hash."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.commands.audit import verdict

ROOT = Path(__file__).parents[2]
UNKNOWN = {"name": "a", "skip_reason": "not found"}
WELL = {"name": "b", "version": "1", "vulns": []}
ILL = {"name": "c", "version": "2", "vulns": [{"id": "CVE-1", "fix_versions": ["3"]}]}


@pytest.mark.parametrize(
    ("packages", "said", "passes", "words"),
    [
        ([WELL, WELL], "", True, "2 packages without"),
        ([WELL, UNKNOWN], "", True, "1 packages without a known vulnerability; not known there: a"),
        ([UNKNOWN, UNKNOWN], "No known vulnerabilities found", True, "skipped"),
        ([WELL, ILL], "Found 1 known vulnerability", False, "c 2: CVE-1, fixed in 3"),
        ([UNKNOWN, ILL], "", False, "CVE-1"),
        (None, "Could not connect to the feed", True, "skipped"),
        (None, "timed out", True, "skipped"),
        (None, "a package has no hash", False, "failed: a package has no hash"),
        (None, "", False, "failed"),
    ],
)
def test_only_a_closed_network_is_let_pass(
    packages: list[dict[str, Any]] | None, said: str, *, passes: bool, words: str
) -> None:
    """A vulnerability fails, and so does a broken lock; silence of the network is told."""
    report = None if packages is None else {"dependencies": packages}
    passed, told = verdict(report, said)
    assert passed is passes
    assert words in told


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_every_package_is_pinned_with_hashes(name: str) -> None:
    """One version each, and the hash of every file that may be installed for it."""
    text = (ROOT / name).read_text("utf-8").replace("\\\n", " ")
    packages = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    assert len(packages) > 10
    for package in packages:
        assert re.match(r"\s*[a-z0-9._-]+(\[[a-z0-9,_-]+\])?==\S+", package), package
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", package), package
