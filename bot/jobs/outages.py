"""What the steps ask before anything is sent to Kling, and report to afterwards.

The rules are the breaker's; here they meet the clock, the database and the operator, who is
notified once when something is wrong and once when it is over, however many jobs wait and processes
work. No step waits for a notice or for the state to be stored: the job is written first.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import Final, Protocol, TypeVar

import structlog

from bot.background import Background
from bot.clock import Clock
from bot.domain.breaker import Breaker, Circuit
from bot.domain.breaker_state import after, restored, stored, unreadable
from bot.domain.outcomes import account_notice
from bot.domain.policy.backoff import DAY_S, backoff_s
from bot.domain.policy.in_vain import Vain
from bot.errors import KlingError, KlingRedirected, KlingRefusedAccount, Problem
from bot.messages.escape import inert_line
from storage.circuits import Scope, StoredOutages
from storage.errors import StorageUnavailable
from storage.holds import Holds
from storage.job import Job, Pack
from storage.store import JobStore

Result = TypeVar("Result")
EVERY_PACK: Final = "all"
UNREACHABLE: Final = Problem("kling_unreachable")
ACCOUNT_REFUSED: Final = Problem("kling_account")
TOLD: Final = {Vain.UNREACHABLE: UNREACHABLE, Vain.REFUSED: ACCOUNT_REFUSED}
"""What the member reads after the longest wait, by what came instead of an answer."""

log = structlog.get_logger(__name__)


class Operator(Protocol):
    """Notifies the operator with texts of the message catalogue, rarely."""

    def __call__(self, key: str, **facts: str | float) -> Awaitable[bool]:
        """Send it, and return whether it arrived just now; never raises."""
        ...


class Outages:
    """Knows whether Kling accepts creates now, as far as any process has seen.

    What happens here holds at once, and is stored in the background for the others; what they see
    is read before each look at the queue.
    """

    def __init__(
        self,
        store: JobStore,
        clock: Clock,
        tell_operator: Operator,
        background: Background,
        *,
        patience_s: float = DAY_S,
    ) -> None:
        self._breaker = Breaker()
        self._store = store
        self._read = False
        self._to_store: list[Callable[[Breaker], object]] = []
        """What has happened here and is not stored yet, in order."""
        self._storing = False
        self._telling: set[Scope] = set()
        self._unreadable: frozenset[Scope] = frozenset()
        self._clock = clock
        self._patience_s = patience_s
        self._tell_operator = tell_operator
        self._background = background

    async def refresh(self) -> None:
        """Take over what other processes have seen, or an earlier run; raises `StorageUnavailable`.

        Call it before each look: without others it reads once.
        """
        if self._storing or (self._read and not self._store.shared):
            return
        if not self._store.shared:
            await self._store.void_probes()
        self._adopt(await self._store.outages())
        self._read = True

    def is_open(self) -> bool:
        """Tell whether one job at a time probes whether Kling is back."""
        return self._breaker.is_open(None)

    def held_until(
        self, pack: Pack | None = None, model: str | None = None, price: float | None = None
    ) -> float | None:
        """Return until when (Unix seconds) no job of this pack, model and price is sent, or None.

        A price of None may be any; 0 asks about the whole pack.
        """
        return self._breaker.held_until(pack, self._clock.now(), model, price)

    def holds_everything_of(self) -> list[Pack]:
        """Return the packs of which Kling accepts nothing at present, as far as is known."""
        return [pack for pack in Pack if self._breaker.is_open(None) or self._breaker.is_open(pack)]

    def holds_job(self, job: Job) -> bool:
        """Tell whether the job would not be sent now."""
        return self.held_until(job.pack, job.model, job.units_price) is not None

    def holds(self, pack: Pack) -> Holds:
        """Return which jobs of the pack have to wait while others go."""
        now = self._clock.now()
        return replace(self._breaker.holds(pack, now), patient_since=now - self._patience_s)

    def next_probe_at(self, pack: Pack) -> float | None:
        """Return when (Unix seconds) the next of those that wait may go to find out, or None."""
        return self._breaker.next_probe_at(pack, self._clock.now())

    def room(self, wanted: int, pack: Pack | None = None) -> int:
        """Return how many of the wanted jobs may go now."""
        return self._breaker.room(pack, wanted, self._clock.now())

    def go(self, jobs: Iterable[Job], pack: Pack | None = None) -> None:
        """Record that these jobs go, each in a step after which it has `passed`."""
        for job in jobs:
            model = job.model if pack is not None else None
            self._note(partial(_go, job.id, pack, self._clock.now(), model, job.units_price))

    def asks(self, job: Job, price: float) -> None:
        """Record that the job asks for something of this price."""
        self._note(partial(_go, job.id, job.pack, self._clock.now(), job.model, price))

    def passed(self, job: Job) -> None:
        """The job's step has ended and has reported."""
        now = self._clock.now()
        self._note(lambda breaker: breaker.passed(job.id, now))

    def accepted(self, job: Job) -> None:
        """Kling accepted the job."""
        self._over(self._note(lambda breaker: breaker.accepted(job.id, job.pack, job.model)))

    def answered(self, job: Job) -> None:
        """Kling decided about this request only."""
        self._over(self._note(lambda breaker: breaker.answered(job.id)))

    def busy(self, job: Job) -> None:
        """Kling said "later"."""
        now = self._clock.now()
        self._over(self._note(lambda breaker: breaker.busy(job.id, job.pack, job.model, now)))
        self._tell(job)

    def steps_aside(self, job: Job) -> None:
        """Kling has had no room for so many at once for long: this is the model's one notice."""
        circuit = self._breaker.circuit((job.pack, job.model))
        if circuit is not None:
            self._telling.add(circuit.scope)
        self._background.begin(self._say_no_room(job, circuit))

    def unanswered(self, job: Job, error: KlingError | None = None) -> None:
        """There was no response, or none that can be parsed; of a redirect, the operator hears."""
        if isinstance(error, KlingRedirected):
            self._background.begin(self._say_redirected(job, error))
        now = self._clock.now()
        self._note(lambda breaker: breaker.unanswered(job.id, now))
        self._tell(job)

    def refused(self, job: Job, refusal: KlingRefusedAccount, price: float | None = None) -> bool:
        """Kling refused the account; tell whether the job waits until that is fixed.

        `price` is that of what was asked for, if that was not the job itself.
        """
        log.error("kling.account", code=refusal.code, request_id=refusal.request_id)
        if price is None:
            price = job.units_price
        asked, now = price, self._clock.now()
        waits, closed = self._note(
            lambda breaker: breaker.refused(job.id, refusal, job.pack, now, asked)
        )
        self._over(closed)
        if waits:
            self._tell(job)
        else:
            self._background.begin(self._say_refused(job, refusal, job.pack))
        return waits

    def no_answer(self, job: Job, error: KlingError) -> Vain:
        """A question about the job's task got no answer; return what it got."""
        if isinstance(error, KlingRefusedAccount):
            self.refused(job, error)
            return Vain.REFUSED
        self.unanswered(job, error)
        return Vain.UNANSWERED

    def _note(self, event: Callable[[Breaker], Result]) -> Result:
        """Let something happen here, and have it stored if it changes anything."""
        before = stored(self._breaker)
        result = event(self._breaker)
        if stored(self._breaker) != before:
            self._to_store.append(event)
            if not self._storing:
                self._storing = True
                self._background.begin(self._store_all())
        return result

    async def _store_all(self) -> None:
        """Let it happen again to what is stored, whatever others have stored meanwhile."""
        try:
            while events := tuple(self._to_store):
                state = await self._store.change_outages(partial(after, events))
                del self._to_store[: len(events)]
                self._adopt(state)
        except StorageUnavailable as trouble:
            log.warning("outages.not_stored", reason=trouble.reason)
            self._to_store.clear()  # it holds here all the same
        finally:
            self._storing = False

    def _adopt(self, state: StoredOutages) -> None:
        damaged = unreadable(state)
        for scope in damaged - self._unreadable:  # once, not at each look
            log.error("outages.refusal_unreadable", of=scope)
        self._unreadable = damaged
        self._breaker = restored(after(tuple(self._to_store), state))

    def _tell(self, job: Job) -> None:
        for circuit in self._breaker.untold(self._clock.now()):
            if circuit.scope not in self._telling:  # other jobs report at the same time
                self._telling.add(circuit.scope)
                self._background.begin(self._say_open(job, circuit))

    def _over(self, closed: list[Circuit]) -> None:
        for circuit in closed:
            if circuit.told or circuit.scope in self._telling:
                self._background.begin(self._say_over(circuit.scope))

    def _told(self, circuit: Circuit, *, told: bool) -> None:
        self._telling.discard(circuit.scope)
        if told:
            self._note(lambda breaker: breaker.notified(circuit.scope, circuit.why))

    async def _say_open(self, job: Job, circuit: Circuit) -> None:
        told = False
        try:
            if circuit.model is not None:
                model = inert_line(circuit.model)
                told = await self._tell_operator("operator.kling_busy", model=model)
            elif circuit.refusal is None:
                told = await self._tell_operator("operator.kling_away")
            else:
                pack = circuit.pack or job.pack
                told = await self._say_refused(job, circuit.refusal, pack)
        finally:
            self._told(circuit, told=told)

    async def _say_no_room(self, job: Job, circuit: Circuit | None) -> None:
        told = False
        try:
            model = inert_line(job.model)
            told = await self._tell_operator("operator.no_room", count=job.slots, model=model)
        finally:
            if circuit is not None:
                self._told(circuit, told=told)

    async def _say_over(self, scope: Scope) -> None:
        """Repeat it until it arrives, or is no longer true."""
        key, facts = _over_notice(scope)
        failures = 0
        while not self._breaker.is_open(scope):
            if await self._tell_operator(key, **facts):
                return
            await self._clock.sleep(backoff_s(failures))
            failures += 1

    async def _say_redirected(self, job: Job, error: KlingRedirected) -> None:
        facts = {"host": error.host, "target": error.target or "?"}
        await self._tell_operator("operator.kling_redirected", job=job.id, **facts)

    async def _say_refused(self, job: Job, refusal: KlingRefusedAccount, pack: Pack) -> bool:
        notice, facts = account_notice(refusal, pack)
        return await self._tell_operator(notice, **facts, job=job.id)


def _over_notice(scope: Scope) -> tuple[str, dict[str, str | float]]:
    if isinstance(scope, tuple):
        return "operator.kling_free", {"model": inert_line(scope[1])}
    return "operator.kling_back", {"pack": scope.value if scope else EVERY_PACK}


def _go(
    job_id: str,
    pack: Pack | None,
    now: float,
    model: str | None,
    price: float | None,
    breaker: Breaker,
) -> None:
    breaker.go(job_id, pack, now, model, price)
