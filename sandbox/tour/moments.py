"""Timestamps in a message, shown as Discord's client shows `<t:…:R>` and `<t:…:t>`."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

MOMENT: Final = re.compile(r"<t:(\d+):([Rt])>")
UNITS: Final = (("second", 1, 60), ("minute", 60, 3_600), ("hour", 3_600, 86_400))
"""Each with its length, and with that of the next longer one, in seconds."""
DAY_S: Final = 86_400


def said_at(now_s: float) -> Callable[[re.Match[str]], str]:
    """Return the function that replaces a match of `MOMENT`; `now_s` is Unix seconds."""

    def said(found: re.Match[str]) -> str:
        if found[2] == "R":
            return relative(int(found[1]) - now_s)
        return datetime.fromtimestamp(int(found[1]), UTC).strftime("%H:%M")

    return said


def relative(seconds: float) -> str:
    """Return the distance of a moment: "in 3 hours", "2 minutes ago", "now"."""
    away_s = abs(round(seconds))
    if not away_s:
        return "now"
    unit, count = _unit_and_count(away_s)
    words = f"{count} {unit}{'s' if count > 1 else ''}"
    return f"in {words}" if seconds > 0 else f"{words} ago"


def _unit_and_count(away_s: int) -> tuple[str, int]:
    """Return the shortest unit whose rounded count does not make a longer one."""
    for unit, length_s, longer_s in UNITS:
        count = round(away_s / length_s)
        if count * length_s < longer_s:
            return unit, count
    return "day", round(away_s / DAY_S)
