"""What becomes of a job in `preparing` when something fails: later, refused, or failed."""

from typing import Final

import structlog

from bot.clock import Clock
from bot.domain.outcomes import problem_outcome
from bot.domain.policy.backoff import backoff_s, waits_since
from bot.domain.policy.in_vain import Vain, Waits, waits_of
from bot.errors import BotError, Problem
from bot.jobs.claim import Claim
from bot.jobs.inputs import as_problems
from bot.jobs.outages import TOLD, UNREACHABLE
from storage.job import State

PREPARE_TRIES_MAX: Final = 14
"""A download or query that fails this often fails the job: after about eight minutes."""
WORKER_TRIES_MAX: Final = 4
"""After this many crashed workers the file is reported as unreadable."""
TRIES_MAX: Final = {
    Vain.DOWNLOAD: PREPARE_TRIES_MAX,
    Vain.UNCLEAR: PREPARE_TRIES_MAX,
    Vain.WORKER: WORKER_TRIES_MAX,
}

log = structlog.get_logger(__name__)


class Setbacks:
    """Ends a step of `preparing` that did not succeed."""

    def __init__(self, clock: Clock, give_up_s: float) -> None:
        self._clock = clock
        self._give_up_s = give_up_s

    async def wait_for_kling(self, claim: Claim, kind: Vain) -> None:
        """Kling was asked and did nothing: wait as long as a create would."""
        waits = waits_of(claim.job).once_more(kind)
        since = waits_since(claim.job)
        if waits.too_long(kind, since, self._clock.now(), self._give_up_s):
            await self.fail(claim, (TOLD[kind],))
        else:
            await self.later(claim, waits)

    async def again(self, claim: Claim, error: BotError, kind: Vain) -> None:
        """Try again later, as often as such a failure may be repeated."""
        log.warning("prepare.failed", error=type(error).__name__)
        waits = waits_of(claim.job).once_more(kind)
        if waits.count(kind) < TRIES_MAX[kind]:
            await self.later(claim, waits)
        elif kind is Vain.DOWNLOAD:
            await self.refuse(claim, as_problems(error))
        else:  # Not the request's fault: "run again" needs the inputs.
            told = (UNREACHABLE,) if kind is Vain.UNCLEAR else as_problems(error)
            await self.fail(claim, told)

    async def later(self, claim: Claim, waits: Waits) -> None:
        """Try again after a while, which grows."""
        due_at = self._clock.now() + backoff_s(claim.job.failures)
        await claim.save(due_at=due_at, **waits.changes())

    async def refuse(self, claim: Claim, problems: tuple[Problem, ...]) -> None:
        """A refusal found late: told privately while the answer can be edited."""
        await claim.refuse({**problem_outcome(*problems), "private": True})

    async def fail(self, claim: Claim, problems: tuple[Problem, ...]) -> None:
        """A failure that is told in the same way."""
        outcome = {**problem_outcome(*problems), "private": True}
        await claim.move(State.READY, outcome=outcome)
