"""Whether anything may be sent to Kling now, and what to tell the operator about it. Pure.

    closed ── failure ──▶ open ── its time is over ──▶ one probe ──▶ closed, or open for longer

One circuit for all of Kling, one for each pack of units, and one for each model, because Kling
counts its slots by model version. Only the probe closes a circuit. Results of jobs sent before it
opened are ignored. What opens which:

    failure                                          circuit     opens                  notice
    -----------------------------------------------  ----------  ---------------------  -----------
    1302, 1303: too fast, no slot                    the model   at once                after 10 min
    1101: in arrears                                 the pack    at once                one
    1102: not enough units for this job              the pack,   at once                one
                                                     for jobs of its price or more
    1000 - 1004, 1100, 1304: key, account, IP        everything  at once                one
    no response, 5xx, nothing readable               everything  after `AWAY_JOBS` jobs  one
    1103, and anything else about a single job       none        -                      by its step
"""

import enum
import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from bot.domain.outcomes import NOT_ENOUGH_CODE, Reach, reach_of
from bot.domain.policy.backoff import BACKOFF_MAX_S, backoff_s
from bot.errors import KlingRefusedAccount
from storage.circuits import Scope
from storage.clocks import latest_end
from storage.holds import Holds
from storage.job import Pack

AWAY_JOBS: Final = 3
"""This many different jobs in a row without a response mean that Kling is failing; fewer may be
their own fault."""
PROBE_S: Final = 60.0
"""A probe that reports nothing for this long no longer blocks the next one."""
HELD_MAX_S: Final = max(PROBE_S, BACKOFF_MAX_S)
"""The longest time until the next probe."""


class Why(enum.StrEnum):
    """The reason why a circuit is open; stored under its value."""

    BUSY = "busy"
    """The account is in use: nothing that a person has to act on."""
    ACCOUNT = "account"
    AWAY = "away"


BUSY_TOLD_S: Final = 600.0
"""Busy for this long is worth a notice: the account may have fewer slots than the settings say."""


@dataclass(slots=True)
class Circuit:
    """One open circuit. Times are in Unix seconds."""

    scope: Scope
    why: Why
    until: float
    since: float
    refusal: KlingRefusedAccount | None = None
    dear_from: float = 0.0
    """It holds only jobs of this price or more: the lowest that was refused."""
    failures: int = 1
    prober: str | None = None
    """The probe, until it has reported."""
    told: bool = False
    """Whether the operator has been notified."""

    @property
    def pack(self) -> Pack | None:
        """The pack of what it holds; None: everything."""
        return self.scope[0] if isinstance(self.scope, tuple) else self.scope

    @property
    def model(self) -> str | None:
        """The model, if it holds only that."""
        return self.scope[1] if isinstance(self.scope, tuple) else None

    def waits(self, now: float) -> bool:
        """Tell whether the next probe has to wait; not for longer than any clock of ours says."""
        return now < self.until <= latest_end(now, HELD_MAX_S)


class Breaker:
    """Holds back what would only fail, lets one job probe, and counts jobs, not tries.

    Every method takes the time as Unix seconds, and prices in hundredths of a unit.
    """

    def __init__(self, circuits: Iterable[Circuit] = (), unanswered: Collection[str] = ()) -> None:
        self._open: dict[Scope, Circuit] = {circuit.scope: circuit for circuit in circuits}
        self._unanswered: set[str] = set(unanswered)

    @property
    def circuits(self) -> Collection[Circuit]:
        """Every open circuit."""
        return self._open.values()

    @property
    def doubts(self) -> frozenset[str]:
        """The jobs in a row that got no answer."""
        return frozenset(self._unanswered)

    def is_open(self, scope: Scope) -> bool:
        """Tell whether the circuit of this scope is open."""
        return scope in self._open

    def circuit(self, scope: Scope) -> Circuit | None:
        """Return the open circuit of this scope."""
        return self._open.get(scope)

    def held_until(
        self,
        pack: Pack | None,
        now: float,
        model: str | None = None,
        price: float | None = None,
    ) -> float | None:
        """Return until when no job of this pack, model and price may go, or None.

        Without a model, the circuits of models don't count; a pack of None means any. Without a
        price, it may be any.
        """
        about = self._about(pack, model, price)
        return max((circuit.until for circuit in about if circuit.waits(now)), default=None)

    def room(self, pack: Pack | None, wanted: int, now: float) -> int:
        """Return how many of the wanted jobs may go now: all, none, or one probe.

        The cheapest job counts: dearer ones are a matter of `holds`.
        """
        if self.held_until(pack, now, price=0.0) is not None:
            return 0
        return min(wanted, 1) if self._about(pack, price=0.0) else wanted

    def holds(self, pack: Pack, now: float) -> Holds:
        """Return which jobs of a pack that is not held as a whole have to wait."""
        probes = {
            scope[1]: 0 if circuit.waits(now) else 1
            for scope, circuit in self._open.items()
            if isinstance(scope, tuple) and scope[0] is pack
        }
        dear = self._open.get(pack)
        if dear is None or not dear.dear_from:
            return Holds(probes)
        return Holds(probes, dear.dear_from, 0 if dear.waits(now) else 1)

    def next_probe_at(self, pack: Pack, now: float) -> float | None:
        """Return when the next probe of a model, or of dear jobs, of this pack may go, or None."""
        moments = (
            circuit.until
            for circuit in self._open.values()
            if circuit.pack is pack and (circuit.model is not None or circuit.dear_from)
            if circuit.waits(now)
        )
        return min(moments, default=None)

    def go(
        self,
        job_id: str,
        pack: Pack | None,
        now: float,
        model: str | None = None,
        price: float | None = None,
    ) -> None:
        """Record that a job goes; if it is the probe, the others wait for it."""
        for circuit in self._about(pack, model, price):
            circuit.prober, circuit.until = job_id, now + PROBE_S

    def passed(self, job_id: str, now: float) -> None:
        """Record that a job went without reporting anything new: the next may go at once."""
        for circuit in self._open.values():
            if circuit.prober == job_id:
                circuit.prober, circuit.until = None, now

    def busy(self, job_id: str, pack: Pack, model: str, now: float) -> list[Circuit]:
        """Kling said "later". Returns the circuits that this closes: a Kling that answers is up."""
        closed = self._heard(job_id)
        self._trouble((pack, model), Why.BUSY, job_id, now)
        return closed

    def refused(
        self,
        job_id: str,
        refusal: KlingRefusedAccount,
        pack: Pack,
        now: float,
        price: float | None = None,
    ) -> tuple[bool, list[Circuit]]:
        """Kling refused the account. Tells whether other jobs would be refused, and what closes.

        `price` is that of what was refused; too few units for it may be enough for less.
        """
        reach = reach_of(refusal)
        if reach is Reach.JOB:
            return False, self.answered(job_id)
        if reach is Reach.ACCOUNT:
            self._unanswered.clear()
            self._trouble(None, Why.ACCOUNT, job_id, now, refusal)
            return True, []
        closed = self._heard(job_id)
        dear_from = price or 0.0 if refusal.code == NOT_ENOUGH_CODE else 0.0
        self._trouble(pack, Why.ACCOUNT, job_id, now, refusal, dear_from)
        return True, closed

    def unanswered(self, job_id: str, now: float) -> None:
        """A job got no response from Kling, or none that can be parsed."""
        if len(self._unanswered) < AWAY_JOBS:
            self._unanswered.add(job_id)
        circuit = self._open.get(None)
        probed = circuit is not None and circuit.prober == job_id
        if probed or len(self._unanswered) >= AWAY_JOBS:
            self._trouble(None, Why.AWAY, job_id, now)

    def answered(self, job_id: str) -> list[Circuit]:
        """Kling decided about one request, so it is up and accepts the key. Returns what closes.

        It says nothing about a used-up pack, so the next job may probe that.
        """
        return self._heard(job_id)

    def accepted(self, job_id: str, pack: Pack, model: str = "") -> list[Circuit]:
        """Kling accepted a job, so all is well. Returns the circuits that this closes."""
        heard = self._heard(job_id)
        return heard + self._closed(pack, job_id) + self._closed((pack, model), job_id)

    def notified(self, scope: Scope, why: Why) -> None:
        """Record that the operator was notified of this, if it is still what is wrong."""
        circuit = self._open.get(scope)
        if circuit is not None and circuit.why is why:
            circuit.told = True

    def untold(self, now: float) -> list[Circuit]:
        """Return the open circuits about which the operator still has to be notified.

        A busy model is worth it only after `BUSY_TOLD_S`.
        """
        return [
            circuit
            for circuit in self._open.values()
            if not circuit.told
            and (circuit.why is not Why.BUSY or now - circuit.since >= BUSY_TOLD_S)
        ]

    def _about(
        self, pack: Pack | None, model: str | None = None, price: float | None = None
    ) -> list[Circuit]:
        scopes: set[Scope] = {None, pack}
        if pack is not None and model is not None:
            scopes.add((pack, model))
        limit = math.inf if price is None else price
        found = (self._open[scope] for scope in scopes if scope in self._open)
        return [circuit for circuit in found if circuit.dear_from <= limit]

    def _heard(self, job_id: str) -> list[Circuit]:
        self._unanswered.clear()
        return self._closed(None, job_id)

    def _closed(self, scope: Scope, job_id: str) -> list[Circuit]:
        circuit = self._open.get(scope)
        if circuit is None or circuit.prober != job_id:
            return []
        return [self._open.pop(scope)]

    def _trouble(
        self,
        scope: Scope,
        why: Why,
        job_id: str,
        now: float,
        refusal: KlingRefusedAccount | None = None,
        dear_from: float = 0.0,
    ) -> None:
        circuit = self._open.get(scope)
        if circuit is None:
            self._open[scope] = Circuit(scope, why, now + backoff_s(0), now, refusal, dear_from)
            return
        circuit.since = min(circuit.since, now)  # the clock may have been set back
        if scope is not None and why is Why.ACCOUNT:
            circuit.dear_from = min(circuit.dear_from, dear_from)
        if circuit.prober == job_id:
            circuit.prober, circuit.until = None, now + backoff_s(circuit.failures)
            circuit.failures += 1
        if why not in {circuit.why, Why.BUSY}:  # something else is wrong, and unknown so far
            circuit.why, circuit.refusal, circuit.told = why, refusal, False
        # Jobs that were already running when it opened report nothing new.
