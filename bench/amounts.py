"""The amount of measuring."""

from dataclasses import dataclass
from typing import Final

IN_FLIGHT: Final = 200


@dataclass(frozen=True, slots=True)
class Rounds:
    """Rounds alternate between the bots; each asks `count` times, `at_once` at a time."""

    number: int
    count: int
    at_once: int


@dataclass(frozen=True, slots=True)
class Amount:
    """How often everything is done."""

    alone: Rounds = Rounds(number=12, count=30, at_once=1)
    crowd: Rounds = Rounds(number=10, count=400, at_once=IN_FLIGHT)
    relays: int = 3
    starts: int = 3
    pairs: int = 10
    burst: int = 1_000
    media_jobs: int = 24
    machines_rounds: int = 5
    moments: int = 10
    pages: int = 7
    growth_rounds: int = 200


FULL: Final = Amount()
QUICK: Final = Amount(
    alone=Rounds(number=4, count=20, at_once=1),
    crowd=Rounds(number=2, count=400, at_once=IN_FLIGHT),
    relays=1,
    starts=1,
    pairs=1,
    burst=200,
    media_jobs=8,
    machines_rounds=1,
    moments=3,
    pages=3,
    growth_rounds=40,
)
"""To see whether a change went in the right direction."""
