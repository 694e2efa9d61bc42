"""The lanes: how the rows of each are claimed, how many at once, and what holds them back."""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from bot.clock import Clock
from bot.jobs.claim import Claim
from bot.jobs.neighbours import Neighbours
from bot.jobs.outages import Outages
from bot.jobs.places import Places
from bot.jobs.work import Step, Work
from bot.jobs.worker import LEASE_S
from bot.kling.questions import BATCH_MAX
from bot.meter import NO_METER, Meter
from storage.errors import ClaimLost
from storage.facts import PAUSED_FACT
from storage.job import Job, Pack, State
from storage.store import JobStore, Lane

AT_ONCE: Final = {
    Lane.SETTLE: 4,
    Lane.PREPARE: 4,
    Lane.CREATE: 4,
    Lane.POLL: BATCH_MAX,
    Lane.TELL: 4,
    Lane.ASK: 2,
    Lane.CARD: 4,
    Lane.SHOW: 2,
}
"""Running steps in each lane; few for uploads, so that answers stay instant."""
PATIENCE_S: Final = 1.0
"""How long a step of the lanes below holds its place: what takes longer waits for an outsider."""
IN_ALL: Final = 32
"""Steps of such a lane, those that wait included: each has a socket and perhaps a file open. What
they wait for has a deadline of its own, after which the row is due later."""
RESUMED_S: Final = 1.0
"""How often the bot looks, while it is paused and jobs wait, whether the operator has resumed."""
TURNS_OF: Final = {
    Lane.PREPARE: False,
    Lane.TELL: True,
    Lane.ASK: False,
    Lane.CARD: True,
    Lane.SHOW: False,
}
"""Lanes whose steps last as long as an outsider likes, and whether that may be a channel's doing:
while others wait, a member (and a channel) has one row under way."""


class Lanes:
    """Makes the work of each lane over one store."""

    def __init__(
        self,
        store: JobStore,
        clock: Clock,
        outages: Outages,
        slots: Mapping[Pack, int],
        meter: Meter = NO_METER,
        *,
        restored_at: float = -math.inf,
    ) -> None:
        self._store = store
        self._clock = clock
        self._outages = outages
        self._slots = slots
        self._meter = meter
        self._restored_at = restored_at
        self._recovered_last = False
        """Whether the last probe was one of `recovery`."""

    def work(self, lane: Lane, step: Step, *, ahead_s: float = 0.0) -> Work:
        """Return the work of a lane; in some, members and channels take turns.

        With `ahead_s`, rows that will be due so soon are claimed with those that are due now.
        """
        step = self._counting_losses(step)
        if lane in TURNS_OF:
            turns = Neighbours(self._store, self._clock, lane, by_channel=TURNS_OF[lane])
            return Work(
                lane,
                Places(self._clock, AT_ONCE[lane], PATIENCE_S, IN_ALL),
                turns.claim,
                turns.counted(step),
                held_until=turns.held_until,
                name=lane.value,
            )

        async def claim(limit: int) -> list[Job]:
            return await self._store.claim(
                lane, now=self._clock.now(), lease_s=LEASE_S, limit=limit, ahead_s=ahead_s
            )

        return Work(lane, Places(self._clock, AT_ONCE[lane]), claim, step, name=lane.value)

    def _counting_losses(self, step: Step) -> Step:
        async def counted(claim: Claim) -> None:
            try:
                await step(claim)
            except ClaimLost:
                self._meter.lease_lost()
                raise

        return counted

    def finding_out(self, step: Step) -> Step:
        """Wrap the step so that its end also ends its job's probe."""

        async def reported(claim: Claim) -> None:
            try:
                await step(claim)
            finally:
                self._outages.passed(claim.job)

        return reported

    def recovery(self, step: Step) -> Work:
        """Return the work of creates whose outcome is unknown: one at a time during an outage.

        Then it takes turns with the queue: otherwise a job that makes Kling fail every time would
        be the probe for ever.
        """
        work = self.work(Lane.CREATE, self.finding_out(step))

        async def claim(limit: int) -> list[Job]:
            if self._recovered_last and self._outages.is_open() and await self._somebody_waits():
                self._recovered_last = False
                return []
            claimed = await work.claim(self._outages.room(limit))
            self._outages.go(claimed)
            self._recovered_last = bool(claimed)
            return claimed

        return replace(work, claim=claim, held_until=self._outages.held_until)

    def _perhaps_sent(self, job: Job) -> bool:
        """Tell whether the job may have been sent after a copy of the database was made.

        Then it is looked up first, as after a crash, and not again once that was answered.
        """
        looked_up = job.sent_at is not None and job.sent_at > self._restored_at
        return job.created_at <= self._restored_at and not looked_up and not job.stopped

    async def _somebody_waits(self) -> bool:
        now = self._clock.now()
        return any(
            [
                await self._store.line_moves(
                    pack, total_slots=total, now=now, holds=self._outages.holds(pack)
                )
                for pack, total in self._slots.items()
            ]
        )

    def queue(self, pack: Pack, step: Step) -> Work:
        """Return the work of jobs that need a slot of this pack; none while the bot is paused."""
        total = self._slots[pack]
        paused = False

        async def claim(limit: int) -> list[Job]:
            nonlocal paused
            now = self._clock.now()
            moves = await self._store.line_moves(
                pack, total_slots=total, now=now, holds=self._outages.holds(pack)
            )
            paused = moves and bool(await self._store.fact(PAUSED_FACT))
            if not moves or paused:
                return []
            claimed = await self._store.claim_queued(
                pack,
                total_slots=total,
                now=now,
                lease_s=LEASE_S,
                limit=self._outages.room(limit, pack),
                holds=self._outages.holds(pack),
            )
            self._outages.go(claimed, pack)
            return claimed

        def look_at() -> float | None:
            return self._clock.now() + RESUMED_S if paused else self._outages.next_probe_at(pack)

        async def begin(claim: Claim) -> None:
            job = claim.job
            if self._perhaps_sent(job):
                await claim.move(
                    State.CREATING,
                    create_tries=max(1, job.create_tries),
                    sent_at=self._clock.now(),
                    failures=0,
                )
                return
            if job.create_tries == 0 and job.queued_at is not None:
                self._meter.sent(job.pack.value, self._clock.now() - job.queued_at)
            await step(claim)

        return Work(
            Lane.QUEUE,
            Places(self._clock, total),
            claim,
            self._counting_losses(self.finding_out(begin)),
            held_until=lambda: self._outages.held_until(pack, price=0.0),
            look_at=look_at,
            name=f"queue {pack.value}",
            pack=pack,
        )
