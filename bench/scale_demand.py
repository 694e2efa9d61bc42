"""Who asks for what on a day of many servers: drawn from a seed, in daily waves."""

import heapq
import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

START: Final = 1_800_057_600.0
"""Midnight, UTC."""
DAY_S: Final = 86_400.0
HOUR_S: Final = 3_600.0
TAKES_S: Final = (120.0, 300.0)
"""How long a task of the default video model takes at Kling."""
JOBS_A_DAY: Final = 2.5
"""Of a server, in the mean; half of them ask for less than 1.5."""
SPREAD: Final = 1.0
"""Of the logarithm of what servers ask for: few ask for very much."""
MEMBERS: Final = 8
"""Of a server, who ask at all."""
EVENING_H: Final = 20.0
WAVE_H: Final = 3.5
ZONES_H: Final = (0.0, 7.0, 16.0)
"""Time zones in which the servers live: Asia, Europe, America."""
SEED: Final = 12
QUICKLY_S: Final = 60.0
"""Nine of ten jobs are to start within this time."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One command: when, where, by whom, and how long its task will take."""

    at: float
    server: int
    member: int
    takes_s: float


def demand(servers: int, dice: random.Random) -> Iterator[Asked]:
    """Yield the commands of a day, each server's in the evening of its own time zone."""
    usual = math.log(JOBS_A_DAY) - SPREAD**2 / 2
    for server in range(1, servers + 1):
        zone = dice.choice(ZONES_H)
        wanted = dice.lognormvariate(usual, SPREAD)
        for _ in range(int(wanted) + (dice.random() < wanted % 1)):
            hour = (dice.gauss(EVENING_H, WAVE_H) - zone) % 24.0
            at = START + hour * HOUR_S
            yield Asked(at, server, dice.randrange(MEMBERS), dice.uniform(*TAKES_S))


def busiest(asked: Sequence[Asked], length_s: float) -> tuple[float, int]:
    """Return when the busiest time of this length begins, and how many commands it has."""
    times = sorted(one.at for one in asked)
    best, first = (START, 0), 0
    for last, at in enumerate(times):
        while times[first] < at - length_s:
            first += 1
        best = max(best, (times[first], last - first + 1), key=lambda one: one[1])
    return best


def waits_in_order(asked: Sequence[Asked], slots: int) -> list[float]:
    """Return how long each waits if whoever asked first goes first, in seconds."""
    free_at = [0.0] * slots
    waits = []
    for one in sorted(asked, key=lambda one: one.at):
        at = max(one.at, heapq.heappop(free_at))
        waits.append(at - one.at)
        heapq.heappush(free_at, at + one.takes_s)
    return waits


def slots_needed(asked: Sequence[Asked]) -> int:
    """Return the fewest slots with which nine of ten jobs start within `QUICKLY_S`."""
    slots = 1
    while share(waits_in_order(asked, slots), 0.9) > QUICKLY_S:
        slots += 1 + slots // 20
    return slots


def share(values: Sequence[float], part: float) -> float:
    """Return the value that this part of the values do not pass; 0 without any."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * part) - 1)] if ordered else 0.0
