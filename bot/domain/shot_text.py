"""Shots as the one text in which Kling's newer generation takes them.

"shot n, m, words;" for each, n its number and m its length in seconds (Kling's documentation of its
newer API, 2026-09). Nothing is said about escaping, so the words must not contain what ends a shot.
"""

from collections.abc import Iterable
from typing import Final

from bot.domain.storyboards import Shot

SHOT_END: Final = ";"


def shots_text(shots: Iterable[Shot]) -> str:
    """Return the prompt for these shots, in order."""
    return " ".join(
        f"shot {shot.number}, {shot.seconds}, {shot.words.strip()}{SHOT_END}" for shot in shots
    )
