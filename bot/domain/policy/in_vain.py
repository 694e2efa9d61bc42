"""Tries that came to nothing, counted by what was waited for. Pure.

One count for each kind, so that a day of "later" and one lost connection are not ten lost
connections. A count is "in a row": an answer that shows that a wait is over ends its count.
"""

import enum
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple, TypedDict

from bot.domain.policy.backoff import ASKED_MIN
from storage.job import Job


class Vain(enum.StrEnum):
    """What a try came to instead of what was asked for."""

    LATER = "later"
    """Kling had no slot, or it was asked too often."""
    REFUSED = "refused"
    """Kling refused the account."""
    UNREACHABLE = "unreachable"
    """Kling was asked and surely did nothing, or does not answer anyone."""
    UNANSWERED = "unanswered"
    """A question about a task got no answer, or none that can be read."""
    ABSENT = "absent"
    """Kling does not know the task."""
    EMPTY = "empty"
    """A task that succeeded, without media."""
    UNCLEAR = "unclear"
    """A call got an answer that can't be read, while Kling answers others."""
    DOWNLOAD = "download"
    """A file did not come."""
    WORKER = "worker"
    """A media worker ended without a result."""


_ENDS: Final[Mapping[Vain, frozenset[Vain]]] = {
    Vain.LATER: frozenset({Vain.UNREACHABLE, Vain.REFUSED}),
    Vain.REFUSED: frozenset({Vain.UNREACHABLE, Vain.UNANSWERED}),
    Vain.ABSENT: frozenset({Vain.UNANSWERED, Vain.REFUSED}),
    Vain.EMPTY: frozenset({Vain.UNANSWERED, Vain.REFUSED, Vain.ABSENT}),
}
"""The waits that are over with such an answer. Never both ways: two kinds that take turns would
otherwise be counted for ever."""


class WaitChanges(TypedDict):
    """What a write states of the tries."""

    failures: int
    in_vain: Mapping[str, int]


class Waits(NamedTuple):
    """What a job remembers of its tries at the current step."""

    failures: int = 0
    """All of them, for the backoff."""
    in_vain: Mapping[str, int] = MappingProxyType({})

    def once_more(self, kind: Vain) -> "Waits":
        """Return the counts after another try of this kind."""
        over = _ENDS.get(kind, frozenset())
        left = {name: count for name, count in self.in_vain.items() if name not in over}
        return Waits(self.failures + 1, {**left, kind.value: left.get(kind, 0) + 1})

    def count(self, kind: Vain) -> int:
        """Return how many tries of this kind came to nothing, in a row."""
        return self.in_vain.get(kind, 0)

    def too_long(self, kind: Vain, since: float, now: float, longest_s: float) -> bool:
        """Tell whether a wait that began at `since` is over: after its age and ten such tries.

        While the bot was stopped, or the machine asleep, nobody asked. Times are Unix seconds.
        """
        return now - since >= longest_s and self.count(kind) >= ASKED_MIN

    def changes(self) -> WaitChanges:
        """Return what a write states of them."""
        return {"failures": self.failures, "in_vain": self.in_vain}


NO_WAITS: Final = Waits()


def waits_of(job: Job) -> Waits:
    """Return what the job remembers."""
    return Waits(job.failures, job.in_vain)
