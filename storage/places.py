"""How many places Kling has for a model, as far as refusals and successes have shown. Pure.

Kling counts by model version (its API documentation, concurrency), and the account may be shared
with other programs. So what was learnt is a bound on what is sent at once, and never a reason to
refuse anything: it grows again, and an order of more places than are known goes when none of its
model is in flight.
"""

from dataclasses import dataclass
from typing import Final

GROWS_EVERY_S: Final = 3_600.0
"""After this long without a refusal one place more is tried, and so on."""
PLACES_KEPT_S: Final = 7 * 86_400.0
"""What was learnt longer ago is forgotten: it has grown by 168 places."""


@dataclass(frozen=True, slots=True)
class Learnt:
    """What was learnt of one model, and when it changed last or was confirmed (Unix seconds)."""

    places: int
    learnt_at: float

    def places_at(self, now: float) -> int:
        """Return how many places may be used at this moment."""
        hours = max(0.0, now - self.learnt_at) // GROWS_EVERY_S
        return self.places + int(hours)


def after_refusal(known: Learnt | None, in_flight: int, slots: int, now: float) -> Learnt | None:
    """Return what is known after an order of `slots` was told that no place is free.

    `in_flight` are the places of the model that our other orders have. Together that was too much,
    so one less is the most there can be. An order of one while none is in flight shows only that
    others have the places.
    """
    most = in_flight + slots - 1
    before = None if known is None else known.places_at(now)
    bounds = [bound for bound in (most, before) if bound]
    return Learnt(min(bounds), now) if bounds else None


def after_success(known: Learnt | None, in_flight: int, now: float) -> Learnt | None:
    """Return what is known once Kling has accepted an order; `in_flight` includes it.

    More than was known raises it at once.
    """
    if known is None or in_flight <= known.places_at(now):
        return known
    return Learnt(in_flight, now)
