"""What the steps ask before anything is sent to Kling, and report to afterwards.

The rules are the breaker's; here they meet the clock and the operator, who hears once of what is
wrong and once that it is over, however many jobs wait for it.
"""

from collections.abc import Awaitable
from typing import Final, Protocol

import structlog

from bot.breaker import Breaker, Circuit
from bot.clock import Clock
from bot.errors import KlingRefusedAccount, Problem
from bot.outcomes import account_notice
from storage.job import Job, Pack

ALL_OF_KLING: Final = "Kling"
UNREACHABLE: Final = Problem("kling_unreachable")
ACCOUNT_REFUSED: Final = Problem("kling_account")
"""What the member is told after the longest wait."""

log = structlog.get_logger(__name__)


class Operator(Protocol):
    """Tells the operator something, in words of the message catalogue, at most once in a while."""

    def __call__(self, key: str, **facts: str | float) -> Awaitable[bool]:
        """Tell it, and return whether it arrived just now; never raises."""
        ...


class Outages:
    """Knows whether Kling takes orders now."""

    def __init__(self, clock: Clock, tell_operator: Operator) -> None:
        self._breaker = Breaker()
        self._clock = clock
        self._tell_operator = tell_operator

    def held_until(self, pack: Pack | None = None) -> float | None:
        """Return until when (Unix seconds) nothing of this pack is to be sent, or None."""
        return self._breaker.held_until(pack, self._clock.now())

    def room(self, wanted: int, pack: Pack | None = None) -> int:
        """Return how many of the wanted jobs may go now."""
        return self._breaker.room(pack, wanted, self._clock.now())

    def go(self, pack: Pack | None = None) -> None:
        """Say that jobs go: each is to report what became of it, or that it `passed`."""
        self._breaker.go(pack, self._clock.now())

    def passed(self, job: Job) -> None:
        """The job went and asked Kling for nothing that decides."""
        self._breaker.passed(job.pack, self._clock.now())

    async def accepted(self, job: Job) -> None:
        """Kling took the job."""
        await self._over(self._breaker.accepted(job.pack))

    async def answered(self, job: Job) -> None:
        """Kling decided about the request and nothing else."""
        await self._over(self._breaker.answered(job.pack, self._clock.now()))

    async def busy(self, job: Job) -> None:
        """Kling says later."""
        await self._over(self._breaker.busy(job.pack, self._clock.now()))

    async def unanswered(self, job: Job) -> None:
        """No answer came, or none that can be read."""
        self._breaker.unanswered(job.id, self._clock.now())
        await self._tell(job)

    async def refused(self, job: Job, refusal: KlingRefusedAccount) -> bool:
        """Kling refuses the account; tell whether the job is to wait until that is put right."""
        log.error("kling.account", code=refusal.code, request_id=refusal.request_id)
        waits, closed = self._breaker.refused(refusal, job.pack, self._clock.now())
        await self._over(closed)
        if waits:
            await self._tell(job)
        else:
            notice, facts = account_notice(refusal, job.pack)
            await self._tell_operator(notice, **facts, job=job.id)
        return waits

    async def _tell(self, job: Job) -> None:
        for circuit in self._breaker.untold():
            circuit.told = True  # before it is: others report meanwhile
            if circuit.refusal is None:
                circuit.told = await self._tell_operator("operator.kling_away")
            else:
                notice, facts = account_notice(circuit.refusal, circuit.pack or job.pack)
                circuit.told = await self._tell_operator(notice, **facts, job=job.id)

    async def _over(self, closed: list[Circuit]) -> None:
        for circuit in closed:
            if circuit.told:
                what = circuit.pack.value if circuit.pack else ALL_OF_KLING
                await self._tell_operator("operator.kling_back", what=what)
