"""What the steps ask before anything is sent to Kling, and report to afterwards.

The rules are the breaker's; here they meet the clock and the operator, who is notified once when
something is wrong and once when it is over, however many jobs wait. No step waits for a notice: the
job is written first.
"""

from collections.abc import Awaitable, Iterable
from typing import Final, Protocol

import structlog

from bot.background import Background
from bot.clock import Clock
from bot.domain.breaker import Breaker, Circuit
from bot.domain.outcomes import account_notice
from bot.domain.policy.backoff import backoff_s
from bot.errors import KlingRefusedAccount, Problem
from bot.messages.escape import inert_line
from storage.job import Job, Pack

EVERY_PACK: Final = "all"
UNREACHABLE: Final = Problem("kling_unreachable")
ACCOUNT_REFUSED: Final = Problem("kling_account")
"""What the member reads after the longest wait."""

log = structlog.get_logger(__name__)


class Operator(Protocol):
    """Notifies the operator with texts of the message catalogue, rarely."""

    def __call__(self, key: str, **facts: str | float) -> Awaitable[bool]:
        """Send it, and return whether it arrived just now; never raises."""
        ...


class Outages:
    """Knows whether Kling accepts creates now."""

    def __init__(self, clock: Clock, tell_operator: Operator, background: Background) -> None:
        self._breaker = Breaker()
        self._clock = clock
        self._tell_operator = tell_operator
        self._background = background

    def is_open(self) -> bool:
        """Tell whether one job at a time probes whether Kling is back."""
        return self._breaker.is_open(None)

    def held_until(self, pack: Pack | None = None, model: str | None = None) -> float | None:
        """Return until when (Unix seconds) nothing of this pack (or model) is sent, or None."""
        return self._breaker.held_until(pack, self._clock.now(), model)

    def at_most(self, pack: Pack) -> dict[str, int]:
        """Return how many jobs of each model that is held may go now; others are not limited."""
        return self._breaker.at_most(pack, self._clock.now())

    def next_probe_at(self, pack: Pack) -> float | None:
        """Return when (Unix seconds) the next probe of a held model may go, or None."""
        return self._breaker.next_probe_at(pack, self._clock.now())

    def room(self, wanted: int, pack: Pack | None = None) -> int:
        """Return how many of the wanted jobs may go now."""
        return self._breaker.room(pack, wanted, self._clock.now())

    def go(self, jobs: Iterable[Job], pack: Pack | None = None) -> None:
        """Record that these jobs go, each in a step after which it has `passed`."""
        for job in jobs:
            model = job.model if pack is not None else None
            self._breaker.go(job.id, pack, self._clock.now(), model)

    def passed(self, job: Job) -> None:
        """The job's step has ended and has reported."""
        self._breaker.passed(job.id, self._clock.now())

    def accepted(self, job: Job) -> None:
        """Kling accepted the job."""
        self._over(self._breaker.accepted(job.id, job.pack, job.model))

    def answered(self, job: Job) -> None:
        """Kling decided about this request only."""
        self._over(self._breaker.answered(job.id))

    def busy(self, job: Job) -> None:
        """Kling said "later"."""
        self._over(self._breaker.busy(job.id, job.pack, job.model, self._clock.now()))
        self._tell(job)

    def unanswered(self, job: Job) -> None:
        """There was no response, or none that can be parsed."""
        self._breaker.unanswered(job.id, self._clock.now())
        self._tell(job)

    def refused(self, job: Job, refusal: KlingRefusedAccount) -> bool:
        """Kling refused the account; tell whether the job waits until that is fixed."""
        log.error("kling.account", code=refusal.code, request_id=refusal.request_id)
        waits, closed = self._breaker.refused(job.id, refusal, job.pack, self._clock.now())
        self._over(closed)
        if waits:
            self._tell(job)
        else:
            self._background.begin(self._say_refused(job, refusal, job.pack))
        return waits

    def _tell(self, job: Job) -> None:
        for circuit in self._breaker.untold(self._clock.now()):
            circuit.told = True  # before it is: other jobs report at the same time
            self._background.begin(self._say_open(job, circuit))

    def _over(self, closed: list[Circuit]) -> None:
        for circuit in closed:
            if circuit.told and circuit.model is None:
                self._background.begin(self._say_over(circuit.pack))

    async def _say_open(self, job: Job, circuit: Circuit) -> None:
        if circuit.model is not None:
            model = inert_line(circuit.model)
            circuit.told = await self._tell_operator("operator.kling_busy", model=model)
        elif circuit.refusal is None:
            circuit.told = await self._tell_operator("operator.kling_away")
        else:
            pack = circuit.pack or job.pack
            circuit.told = await self._say_refused(job, circuit.refusal, pack)

    async def _say_over(self, scope: Pack | None) -> None:
        """Repeat it until it arrives, or is no longer true."""
        pack, failures = scope.value if scope else EVERY_PACK, 0
        while not self._breaker.is_open(scope):
            if await self._tell_operator("operator.kling_back", pack=pack):
                return
            await self._clock.sleep(backoff_s(failures))
            failures += 1

    async def _say_refused(self, job: Job, refusal: KlingRefusedAccount, pack: Pack) -> bool:
        notice, facts = account_notice(refusal, pack)
        return await self._tell_operator(notice, **facts, job=job.id)
