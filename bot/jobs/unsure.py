"""Jobs of which it can't be known whether Kling accepted them: a person decides."""

import math

from bot.clock import Clock
from bot.domain.policy.backoff import DAY_S
from bot.domain.policy.polling import PollLimits
from bot.domain.policy.questions import asking
from bot.domain.policy.recovery import slot_free_at
from bot.jobs.claim import Claim
from bot.jobs.notices import Notify
from storage.job import State, WaitsFor


class Unsure:
    """Asks the operator, gives back the slot, and reminds."""

    def __init__(self, clock: Clock, limits: PollLimits, notify: Notify) -> None:
        self._clock = clock
        self._limits = limits
        self._notify = notify

    async def ask(self, claim: Claim) -> None:
        """Tell the operator, and let the job wait for their decision."""
        self._notify("operator.unsure", job=claim.job.id)
        now = self._clock.now()
        question, announce_at = asking(claim.job, now)
        free_at = max(now, slot_free_at(claim.job, self._limits))
        await claim.move(
            State.WAITING,
            waits_for=WaitsFor.UNSURE,
            waits_until=now + self._limits.give_up_s,
            due_at=free_at if announce_at is None else min(free_at, announce_at),
            question=question,
        )

    async def remind(self, claim: Claim, again_at: float | None = None) -> None:
        """Give back the slot of an unsure job once its task has surely ended, then remind daily.

        `again_at`: something else about it is due then.
        """
        job, again_at = claim.job, math.inf if again_at is None else again_at
        now = self._clock.now()
        asks_at = job.waits_until or now
        if now < asks_at:
            ends_at = slot_free_at(job, self._limits)
            ended = now >= ends_at
            due_at = asks_at if ended else min(asks_at, ends_at)
            await claim.save(gave_up=ended, due_at=min(due_at, again_at))
            return
        self._notify("operator.unsure", job=job.id)
        await claim.save(gave_up=True, due_at=min(now + DAY_S, again_at))
