"""The places of a lane: how many more of its steps may begin.

A step that an outsider keeps waiting does nothing that others need: after a moment it gives its
place back, and counts only towards how many there may be in all. Pure.
"""

from dataclasses import dataclass, field

from bot.clock import Clock


@dataclass(slots=True)
class Places:
    """`at_once` places; a step younger than `patience_s` holds one, and so does any without it."""

    clock: Clock
    at_once: int
    patience_s: float | None = None
    in_all: int = 0
    """How many steps there may be together with those that gave their place back."""
    _begun: dict[str, float] = field(default_factory=dict)

    def begin(self, job_id: str) -> None:
        """Note that a step of this job begins now."""
        self._begun[job_id] = self.clock.now()

    def end(self, job_id: str) -> None:
        """Note that it has ended."""
        del self._begun[job_id]

    def free(self) -> int:
        """Return how many steps may begin now."""
        free = self.at_once - len(self._held())
        if self.patience_s is not None:
            free = min(free, self.in_all - len(self._begun))
        return max(0, free)

    def next_free_at(self) -> float | None:
        """Return when a step will give its place back (Unix seconds); None: when one ends."""
        if self.patience_s is None or len(self._begun) >= self.in_all:
            return None
        held = self._held()
        return min(held) + self.patience_s if held else None

    def _held(self) -> list[float]:
        """Return when the steps that hold a place began.

        None that began later than now: the clock was set back since, and does not tell how long
        ago it was.
        """
        begun = list(self._begun.values())
        if self.patience_s is None:
            return begun
        now = self.clock.now()
        return [at for at in begun if 0.0 <= now - at < self.patience_s]
