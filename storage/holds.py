"""What keeps a job of the queue from going although it is its turn. Pure."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from storage.rotation import Age, Key


class Waiting(NamedTuple):
    """A job in the queue."""

    id: str
    guild_id: int
    """0: outside of servers."""
    user_id: int
    slots: int
    queued_at: float
    turn: float | None = None
    """Its start tag, if it has gone before."""
    model: str = ""
    units_price: int | None = None
    """In hundredths of a unit; None: unknown."""
    aside: bool = False
    """It needs more places at once than there seem to be."""

    @property
    def flow(self) -> Key:
        """The server, or the member outside of servers."""
        return (self.guild_id, 0) if self.guild_id else (0, self.user_id)

    @property
    def age(self) -> Age:
        """What orders two jobs of equal rights: the older is less."""
        return (self.queued_at, self.id)

    @property
    def price(self) -> float:
        """Its price; one that is unknown may be any."""
        return math.inf if self.units_price is None else self.units_price


@dataclass(frozen=True, slots=True)
class Holds:
    """What Kling has refused lately, and how many jobs may find out whether it still does."""

    probes: Mapping[str, int] = field(default_factory=dict)
    """Models for which Kling has no place: how many jobs of each may go."""
    dear_from: float = math.inf
    """Jobs of this price or more are refused, in hundredths of a unit; infinite: none is."""
    dear_probes: int = 0
    """How many of those may go."""
    patient_since: float = -math.inf
    """Orders that have waited since before this moment (Unix seconds) step aside no longer."""


NOTHING_HELD: Final = Holds()


class Places:
    """The places of each model: how many there are as far as known, and how many are free."""

    def __init__(self, known: Mapping[str, int], in_use: Mapping[str, int]) -> None:
        self._known = known
        self._in_use = dict(in_use)

    def fit(self, job: Waiting) -> bool:
        """Tell whether the job may go beside what is in flight of its model.

        One that needs more than there seem to be goes when nothing of its model is in flight.
        """
        known = self._known.get(job.model)
        in_use = self._in_use.get(job.model, 0)
        return known is None or in_use + min(job.slots, known) <= known

    def take(self, job: Waiting) -> None:
        """Count a job that goes."""
        self._in_use[job.model] = self._in_use.get(job.model, 0) + job.slots


def not_held(jobs: Sequence[Waiting], holds: Holds) -> tuple[Waiting, ...]:
    """Return the jobs that may go, as many of a kind as it says, in any order.

    Of a held model only the smallest orders are left, whoever may go among them. Of the jobs that
    are too dear one is left, the cheapest. Orders that stepped aside are left where no other order
    of their model waits.
    """
    jobs = _not_aside(jobs, holds.patient_since)
    if holds.probes:
        fewest: dict[str, int] = {}
        for job in jobs:
            fewest[job.model] = min(job.slots, fewest.get(job.model, job.slots))
        jobs = [
            job
            for job in jobs
            if job.model not in holds.probes
            or (holds.probes[job.model] and job.slots == fewest[job.model])
        ]
    if math.isfinite(holds.dear_from):
        dear = [job for job in jobs if job.price >= holds.dear_from]
        dear.sort(key=lambda job: (job.price, job.slots, job.age))
        away = {job.id for job in dear[holds.dear_probes :]}
        jobs = [job for job in jobs if job.id not in away]
    return tuple(jobs)


def _not_aside(jobs: Sequence[Waiting], patient_since: float) -> Sequence[Waiting]:
    if not any(job.aside for job in jobs):
        return jobs
    others = {job.model for job in jobs if not job.aside}
    return [
        job._replace(aside=job.aside and job.queued_at > patient_since)
        for job in jobs
        if not job.aside or job.queued_at <= patient_since or job.model not in others
    ]
