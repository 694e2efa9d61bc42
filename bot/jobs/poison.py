"""A job whose step fails over and over is set aside: others go on, and people hear of it."""

from collections import Counter
from typing import Final

import structlog

from bot.clock import Clock
from bot.domain.outcomes import problem_outcome
from bot.domain.policy.backoff import DAY_S
from bot.domain.policy.delivery import PICKUP_S
from bot.errors import Problem
from bot.jobs.claim import Claim
from bot.jobs.outages import Operator
from storage.job import Delivery, Job, State, Venue, WaitsFor

FAILURES_MAX: Final = 10
"""A step that fails this often in a row, with an error that nobody foresaw, is not tried again."""
SET_ASIDE: Final = Problem("internal_error")

log = structlog.get_logger(__name__)


class Poison:
    """Counts failures of steps by job, and decides what follows the last one.

    The counts live in memory: what was set aside is tried again after a start or an update.
    """

    def __init__(self, clock: Clock, tell_operator: Operator) -> None:
        self._clock = clock
        self._tell_operator = tell_operator
        self._failures: Counter[str] = Counter()

    def passed(self, job: Job) -> None:
        """Record that a step on the job did not fail."""
        self._failures.pop(job.id, None)

    def failed(self, job: Job) -> bool:
        """Record that a step failed, and tell whether that was once too often."""
        self._failures[job.id] += 1
        if self._failures[job.id] < FAILURES_MAX:
            return False
        del self._failures[job.id]
        return True

    async def set_aside(self, claim: Claim) -> None:
        """Move the job to where it holds up nothing; raises `ClaimLost`.

        Never sent: refused. Sent, even if it was to be sent again: its card says that it takes
        longer, and the step is tried once a day. Finished: it waits to be picked up.
        """
        log.error("job.set_aside", state=claim.job.state.value)
        await self._move(claim)
        await self._tell_operator("operator.set_aside", job=claim.job.id)

    async def _move(self, claim: Claim) -> None:
        job, now = claim.job, self._clock.now()
        match job.state:
            case State.PREPARING | State.QUEUED if not job.create_tries:
                await claim.move(State.READY, outcome=problem_outcome(SET_ASIDE))
            case State.READY | State.POSTING:
                if job.state is State.READY:
                    await claim.plan([_waiting(job)])
                await claim.move(
                    State.WAITING,
                    waits_for=WaitsFor.PICKUP,
                    waits_until=now + PICKUP_S,
                    waits_then="done",
                    due_at=now + PICKUP_S,
                    result_urls=(),
                )
            case _:
                await claim.save(late=True, due_at=now + DAY_S)


def _waiting(job: Job) -> Delivery:
    media = (job.outcome or {}).get("media", ())
    return Delivery(job.id, "r" if media else "p", 0, Venue.PICKUP, tuple(range(len(media))))
