"""How much is measured."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """Counts per round and per bot; rounds alternate between the bots."""

    rounds: int = 6
    one_by_one: int = 60
    in_flight: int = 400
    relays: int = 3
    starts: int = 3
    moments: int = 10


FULL = Scale()
QUICK = Scale(rounds=2, one_by_one=40, in_flight=400, relays=1, starts=1, moments=3)
"""To see whether a change went the right way."""
