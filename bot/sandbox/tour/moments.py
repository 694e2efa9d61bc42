"""Moments in a message, said as Discord's client says `<t:…:R>`."""

import re
from collections.abc import Callable
from typing import Final

MOMENT: Final = re.compile(r"<t:(\d+):R>")
UNITS: Final = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))


def said_at(now_s: float) -> Callable[[re.Match[str]], str]:
    """Return what puts words in the place of a match of `MOMENT`; `now_s` is Unix seconds."""
    return lambda found: relative(int(found[1]) - now_s)


def relative(seconds: float) -> str:
    """Return how far a moment is away: "in 3 hours", "2 minutes ago", "now"."""
    away = abs(round(seconds))
    for unit, length in UNITS:
        if away >= length:
            count = round(away / length)
            words = f"{count} {unit}{'s' if count > 1 else ''}"
            return f"in {words}" if seconds > 0 else f"{words} ago"
    return "now"
