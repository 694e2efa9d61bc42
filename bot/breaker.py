"""Whether anything may be sent to Kling now, and what the operator is to be told about it. Pure.

    closed ── trouble ──▶ open ── its time is over ──▶ one job may go ──▶ closed, or open for longer

One circuit for the whole of Kling, and one for each pack of units. What opens which:

    trouble                                          circuit     opens                  told
    -----------------------------------------------  ----------  ---------------------  -----------
    1302, 1303: too fast, no slot                    the pack    at once                nobody
    1101, 1102: units used up                        the pack    at once                once
    1000 - 1004, 1100, 1304: key, account, address   everything  at once                once
    no answer, 5xx, nothing readable                 everything  after `AWAY_JOBS` jobs  once
    1103, and whatever else is about one job         none        -                      by its step
"""

import enum
from dataclasses import dataclass
from typing import Final

from bot.errors import KlingRefusedAccount
from bot.outcomes import Reach, reach_of
from bot.policy import backoff_s
from storage.job import Pack

AWAY_JOBS: Final = 3
"""So many different jobs in a row without an answer are Kling's fault; fewer may be their own."""
PROBE_S: Final = 60.0
"""A probe that says nothing for so long is not waited for any more."""


class Why(enum.Enum):
    """What opened a circuit."""

    BUSY = enum.auto()
    """The account is in use: nothing that anybody has to do something about."""
    ACCOUNT = enum.auto()
    AWAY = enum.auto()


@dataclass(slots=True)
class Circuit:
    """One open circuit. `until` is in Unix seconds."""

    pack: Pack | None
    """None: everything."""
    why: Why
    until: float
    refusal: KlingRefusedAccount | None = None
    failures: int = 1
    probing: bool = False
    told: bool = False
    """Whether the operator knows of it."""


class Breaker:
    """Holds back what would only fail, lets one job find out, and counts jobs, not tries.

    Every method takes the time as Unix seconds.
    """

    def __init__(self) -> None:
        self._open: dict[Pack | None, Circuit] = {}
        self._unanswered: set[str] = set()

    def held_until(self, pack: Pack | None, now: float) -> float | None:
        """Return until when nothing of this pack may go, or None; a pack of None is any."""
        until = max((circuit.until for circuit in self._about(pack)), default=0.0)
        return until if until > now else None

    def room(self, pack: Pack | None, wanted: int, now: float) -> int:
        """Return how many of the wanted jobs may go now: all, none, or the one that finds out."""
        if self.held_until(pack, now) is not None:
            return 0
        return min(wanted, 1) if any(self._about(pack)) else wanted

    def go(self, pack: Pack | None, now: float) -> None:
        """A job goes: where it is a probe, the others wait for what it finds."""
        for circuit in self._about(pack):
            circuit.probing, circuit.until = True, now + PROBE_S

    def passed(self, pack: Pack | None, now: float) -> None:
        """The job that went has found out nothing: the next may go at once."""
        for circuit in self._about(pack):
            if circuit.probing:
                circuit.probing, circuit.until = False, now

    def busy(self, pack: Pack, now: float) -> list[Circuit]:
        """Kling says later. Returns the circuits that this closes: who says so is there."""
        closed = self._close(None)
        self._trouble(pack, Why.BUSY, now)
        return closed

    def refused(
        self, refusal: KlingRefusedAccount, pack: Pack, now: float
    ) -> tuple[bool, list[Circuit]]:
        """Kling refuses the account. Tells whether others would fare the same, and what closes."""
        reach = reach_of(refusal)
        if reach is Reach.JOB:
            return False, self.answered(pack, now)
        if reach is Reach.ACCOUNT:
            self._unanswered.clear()
            self._trouble(None, Why.ACCOUNT, now, refusal)
            return True, []
        closed = self._close(None)
        self._trouble(pack, Why.ACCOUNT, now, refusal)
        return True, closed

    def unanswered(self, job_id: str, now: float) -> None:
        """A job got no answer from Kling, or none that can be read."""
        self._unanswered.add(job_id)
        circuit = self._open.get(None)
        probed = circuit is not None and circuit.probing
        if probed or len(self._unanswered) >= AWAY_JOBS:
            self._trouble(None, Why.AWAY, now)

    def answered(self, pack: Pack, now: float) -> list[Circuit]:
        """Kling decided about one request: it is there and knows us. Returns what this closes.

        Of a pack that is used up it says nothing: the next job may find out.
        """
        closed = self._close(None)
        self.passed(pack, now)
        return closed

    def accepted(self, pack: Pack) -> list[Circuit]:
        """Kling took a job: all is well. Returns the circuits that this closes."""
        return self._close(None) + self._close(pack)

    def untold(self) -> list[Circuit]:
        """Return the open circuits that the operator has not heard of and has to."""
        return [c for c in self._open.values() if c.why is not Why.BUSY and not c.told]

    def _about(self, pack: Pack | None) -> list[Circuit]:
        return [self._open[scope] for scope in {None, pack} if scope in self._open]

    def _trouble(
        self,
        scope: Pack | None,
        why: Why,
        now: float,
        refusal: KlingRefusedAccount | None = None,
    ) -> None:
        circuit = self._open.get(scope)
        if circuit is None or why not in {circuit.why, Why.BUSY}:
            self._open[scope] = Circuit(scope, why, now + backoff_s(0), refusal)
        elif circuit.probing:
            circuit.probing, circuit.until = False, now + backoff_s(circuit.failures)
            circuit.failures += 1
        # Whatever else was under way when it opened tells nothing new.

    def _close(self, scope: Pack | None) -> list[Circuit]:
        if scope is None:
            self._unanswered.clear()
        circuit = self._open.pop(scope, None)
        return [] if circuit is None else [circuit]
