"""A finding of an examination: its text, and the exit code that follows. Pure."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.errors import SettingsInvalid, TokenRefused
from bot.messages.escape import visible
from bot.operator.explain import STORAGE_EXIT_CODE

ALL_WELL: Final = 0
NOT_AS_IT_SHOULD_BE: Final = 1
SETTINGS: Final = SettingsInvalid.exit_code
TOKEN: Final = TokenRefused.exit_code
DATABASE: Final = STORAGE_EXIT_CODE
WORST_FIRST: Final = (SETTINGS, TOKEN, DATABASE, NOT_AS_IT_SHOULD_BE)
"""If several things are wrong: the one that blocks the others."""


class Mark(enum.StrEnum):
    """How serious a finding is."""

    OK = "✓"
    WARN = "!"
    BAD = "✗"


_COLOURS: Final = {Mark.OK: "\x1b[32m", Mark.WARN: "\x1b[33m", Mark.BAD: "\x1b[31m"}
_PLAIN: Final = "\x1b[0m"
_ASCII: Final = {Mark.OK: "ok", Mark.WARN: " !", Mark.BAD: "XX"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One examined thing. `fix` is what to type or click, empty if all is well."""

    mark: Mark
    what: str
    fix: str = ""
    exit_code: int = ALL_WELL


def ok(what: str) -> Finding:
    """Return that something is as it should be."""
    return Finding(Mark.OK, what)


def warn(what: str, fix: str) -> Finding:
    """Return that something works but deserves attention."""
    return Finding(Mark.WARN, what, fix)


def bad(what: str, fix: str, exit_code: int = NOT_AS_IT_SHOULD_BE) -> Finding:
    """Return that something must be fixed."""
    return Finding(Mark.BAD, what, fix, exit_code)


def settings_findings(invalid: SettingsInvalid) -> list[Finding]:
    """Return each problem of the settings as a finding; then nothing else can be examined."""
    *most, last = str(invalid).splitlines()
    fix = "docs/configuration.md explains every key; the rest is checked once these are fixed."
    return [*(bad(line, "", SETTINGS) for line in most), bad(last, fix, SETTINGS)]


def worst(findings: Sequence[Finding]) -> int:
    """Return the exit code of the contract."""
    codes = {finding.exit_code for finding in findings}
    return next((code for code in WORST_FIRST if code in codes), ALL_WELL)


def report(findings: Sequence[Finding], *, colours: bool, ascii_only: bool = False) -> str:
    """Return the findings as lines: a mark, the finding, and below it the fix."""
    lines: list[str] = []
    for finding in findings:
        mark = _ASCII[finding.mark] if ascii_only else finding.mark.value
        mark = f"{_COLOURS[finding.mark]}{mark}{_PLAIN}" if colours else mark
        lines.append(f"{mark} {visible(finding.what)}")
        if finding.fix:
            lines.append(f"    {visible(finding.fix)}")
    marks = [finding.mark for finding in findings]
    to_fix, to_see = marks.count(Mark.BAD), marks.count(Mark.WARN)
    summary = f"{to_fix} to fix, {to_see} to look at." if to_fix or to_see else "All well."
    return "\n".join([*lines, "", summary])
