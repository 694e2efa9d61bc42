"""A job whose step fails over and over is set aside: others go on, and people hear of it."""

from collections import Counter
from typing import Final

import structlog

from bot.clock import Clock
from bot.domain.outcomes import problem_outcome
from bot.domain.policy.backoff import DAY_S
from bot.domain.policy.delivery import PICKUP_S
from bot.domain.policy.polling import PollLimits, next_follow_up
from bot.domain.policy.recovery import slot_free_at
from bot.errors import Problem
from bot.jobs.claim import Claim
from bot.jobs.outages import Operator
from storage.job import CARD_GONE, ENDED, Delivery, Job, State, Venue, WaitsFor
from storage.lanes import Lane

FAILURES_MAX: Final = 10
"""A step that fails this often in a row, with an error that nobody foresaw, is set aside."""
SET_ASIDE: Final = Problem("internal_error")
NOTICE: Final = "operator.set_aside"
CARD_NOTICE: Final = "operator.card_set_aside"
REMOVAL_NOTICE: Final = "operator.removal_set_aside"
COPY_NOTICE: Final = "operator.copy_set_aside"

log = structlog.get_logger(__name__)


class Poison:
    """Counts failures of steps by lane and job, and decides what follows the last one.

    The counts live in memory: what was set aside is tried again after a start or an update.
    """

    def __init__(self, clock: Clock, tell_operator: Operator, limits: PollLimits) -> None:
        self._clock = clock
        self._tell_operator = tell_operator
        self._limits = limits
        self._failures: Counter[tuple[Lane, str]] = Counter()
        self._told: set[tuple[Lane, str]] = set()

    def passed(self, lane: Lane, job: Job) -> None:
        """Record that the lane's step on the job did not fail."""
        self._failures.pop((lane, job.id), None)
        self._told.discard((lane, job.id))

    def failed(self, lane: Lane, job: Job) -> bool:
        """Record that the lane's step failed, and tell whether the job is set aside there.

        It is from the tenth failure in a row on, until the step passes.
        """
        self._failures[lane, job.id] += 1
        return self._failures[lane, job.id] >= FAILURES_MAX

    async def set_aside(self, lane: Lane, claim: Claim) -> None:
        """Move the job to where it holds up nothing; raises `ClaimLost`.

        Never sent: refused. Sent, even if it was to be sent again: its card says that it takes
        longer, and the step is tried once a day; once its task has surely ended, its slot is free.
        Finished: it waits to be picked up. Only its card: that stays as it is once the job has
        ended; before, or if it is to go, it is tried once a day, like a copy for the showcase.
        """
        job = claim.job
        log.error("job.set_aside", lane=lane.value, state=job.state.value)
        notice, again = NOTICE, True
        if lane is Lane.SHOW:
            notice = COPY_NOTICE
            await claim.save(show_due_at=self._in_a_day(), show_tries=job.show_tries + 1)
        elif lane is Lane.CARD and job.card.wants == CARD_GONE:
            notice = REMOVAL_NOTICE
            await claim.card_again(self._in_a_day())
        elif lane is Lane.CARD and job.state in ENDED:
            notice, again = CARD_NOTICE, False
            await claim.card_closed()
        elif lane is Lane.CARD:  # what it is to show next may not fail
            notice = CARD_NOTICE
            await claim.card_again(self._in_a_day())
        else:
            again = await self._move(claim)
        if (lane, job.id) not in self._told and await self._tell_operator(notice, job=job.id):
            self._told.add((lane, job.id))
        if not again:
            self.passed(lane, job)

    async def _move(self, claim: Claim) -> bool:
        """Return whether the same step is tried again."""
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
                await self._wait_a_day(claim)
                return True
        return False

    async def _wait_a_day(self, claim: Claim) -> None:
        """Try again tomorrow, and before that free the slot once the task has surely ended."""
        job, now, again_at = claim.job, self._clock.now(), self._in_a_day()
        if job.state is State.DONE:  # it was given up, and its task is followed for a while
            await claim.save(due_at=next_follow_up(job, now))
            return
        if job.state not in {State.CREATING, State.RUNNING} and job.waits_for != WaitsFor.UNSURE:
            await claim.save(late=True, due_at=again_at)
            return
        free_at = slot_free_at(job, self._limits)
        if now < free_at:
            await claim.save(late=True, due_at=min(free_at, again_at))
        else:
            await claim.save(late=True, gave_up=True, due_at=again_at)

    def _in_a_day(self) -> float:
        return self._clock.now() + DAY_S


def _waiting(job: Job) -> Delivery:
    media = (job.outcome or {}).get("media", ())
    return Delivery(job.id, "r" if media else "p", 0, Venue.PICKUP, tuple(range(len(media))))
