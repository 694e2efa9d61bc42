"""Known vulnerabilities of the pinned packages: `make audit`.

Ends with 1 if a package has one. If no advisory database can be reached, or the one that answers
knows none of the packages (a mirror without advisories), it says so and passes.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

LOCK: Final = "requirements.lock"
TIMEOUT_S: Final = 300.0
ANSWER_TIMEOUT_S: Final = 15
NETWORK: Final = ("connect", "connection", "timed out", "timeout", "resolve", "proxy", "network")
"""Words of a failure that is the network's and not the lock's."""


def main() -> int:
    """Ask, tell, and return the exit code."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [
            *(sys.executable, "-m", "pip_audit", "--requirement", LOCK, "--require-hashes"),
            *("--disable-pip", "--progress-spinner", "off", "--timeout", str(ANSWER_TIMEOUT_S)),
            *("--format", "json", "--output", str(report)),
        ]
        try:
            asked = subprocess.run(  # noqa: S603 - a fixed command
                command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
            )
            said = asked.stderr
        except subprocess.TimeoutExpired:
            said = "timed out"
        found = json.loads(report.read_text("utf-8")) if report.exists() else None
    passed, words = verdict(found, said)
    sys.stdout.write(f"audit: {words}\n")
    return 0 if passed else 1


def verdict(report: dict[str, Any] | None, said: str) -> tuple[bool, str]:
    """Return whether the audit passes, and in words why."""
    if report is None:
        last = said.strip().splitlines()[-1:] or ["no report"]
        if any(word in said.lower() for word in NETWORK):
            return True, f"skipped, no advisory database can be reached ({last[0]})"
        return False, f"failed: {last[0]}"
    packages: Sequence[dict[str, Any]] = report["dependencies"]
    unknown = [package["name"] for package in packages if "skip_reason" in package]
    if len(unknown) == len(packages):
        return True, "skipped, the database that answers knows none of the packages"
    bad = [
        f"{package['name']} {package['version']}: {flaw['id']}, "
        f"fixed in {', '.join(flaw.get('fix_versions', ())) or 'no version yet'}"
        for package in packages
        for flaw in package.get("vulns", ())
    ]
    if bad:
        return False, "\n  ".join(["known vulnerabilities", *bad])
    rest = f"; not known there: {', '.join(unknown)}" if unknown else ""
    return True, f"{len(packages) - len(unknown)} packages without a known vulnerability{rest}"


if __name__ == "__main__":
    sys.exit(main())
