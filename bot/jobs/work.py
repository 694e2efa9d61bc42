"""One lane's work, as the loop is given it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from bot.jobs.claim import Claim
from bot.jobs.places import Places
from storage.claims import Due
from storage.job import Job, Pack
from storage.lanes import Lane


class Step(Protocol):
    """What is done with one claimed job; it moves or saves it, which releases the lease."""

    def __call__(self, claim: Claim) -> Awaitable[None]:
        """Do the step. `ClaimLost` means that the row was moved elsewhere: nothing is left."""
        ...


def never_held() -> float | None:
    """The hold of a lane that never pauses."""
    return None


@dataclass(frozen=True, slots=True)
class Work:
    """One lane's work: how its rows are claimed, how many at once, and what is done with each."""

    lane: Lane
    places: Places
    claim: Callable[[int], Awaitable[list[Job]]]
    step: Step
    held_until: Callable[[], float | None] = never_held
    """Unix seconds before which nothing is to be claimed, if the account was told to wait."""
    look_at: Callable[[], float | None] = never_held
    """Unix seconds at which more may be claimed, though no row tells."""
    name: str = ""
    pack: Pack | None = None
    """Of the queue: whose rows they are."""

    @property
    def title(self) -> str:
        """What people read who look for it in the log."""
        return self.name or self.lane.value

    def is_due(self, due: Due) -> bool:
        """Tell whether it has rows to claim."""
        return self.lane in due.lanes and (self.pack is None or self.pack in due.packs)


async def nothing() -> None:
    """Do nothing: the loop has nothing to find out before a look."""
