"""The places of a lane, shared: a member's second row starts only while no one else waits.

A step may take as long as an outsider likes: a server that does not answer, a channel whose rate
limit is used up. Whoever asked for it waits; the other members find a place that is free.
"""

from collections.abc import Sequence
from typing import Final

from bot.clock import Clock
from bot.jobs.claim import Claim
from bot.jobs.work import Step
from bot.jobs.worker import LEASE_S
from storage.apart import Apart
from storage.job import Job
from storage.store import JobStore, Lane

MORE_OF_ONE: Final = 1
"""Rows under way beside the first of their member or channel, in the whole lane. One, so that most
places stay free for a member who comes later."""
LOOK_AGAIN_S: Final = 0.25
"""When a lane is looked at again whose due rows all have to wait for a neighbour of theirs. The end
of a step looks at once."""


class Neighbours:
    """Claims the rows of one lane, and knows whose are under way."""

    def __init__(self, store: JobStore, clock: Clock, lane: Lane, *, by_channel: bool) -> None:
        self._store = store
        self._clock = clock
        self._lane = lane
        self._by_channel = by_channel
        self._under_way: dict[str, Job] = {}
        self._more: set[str] = set()
        self._crowded_until: float | None = None

    async def claim(self, limit: int) -> list[Job]:
        """Claim up to `limit` due rows of different members, and of different channels."""
        now = self._clock.now()
        keep = Apart(
            frozenset(job.origin.user_id for job in self._under_way.values()),
            frozenset(job.origin.channel_id for job in self._under_way.values()),
            by_channel=self._by_channel,
            more=max(0, MORE_OF_ONE - len(self._more)),
        )
        claimed = await self._store.claim(
            self._lane, now=now, lease_s=LEASE_S, limit=limit, keep=keep
        )
        if len(claimed) < limit and await self._store.lanes_due([self._lane], now=now):
            self._crowded_until = now + LOOK_AGAIN_S
        return claimed

    def held_until(self) -> float | None:
        """Tell until when all due rows are those of members who have one under way.

        None as well if the clock was set back since: that moment is then far away.
        """
        until = self._crowded_until
        if until is not None and until > self._clock.now() + LOOK_AGAIN_S:
            return None
        return until

    def counted(self, step: Step) -> Step:
        """Wrap the step so that its row counts as under way until it ends."""

        async def counting(claim: Claim) -> None:
            job = claim.job
            if self._has_neighbour(job, tuple(self._under_way.values())):
                self._more.add(job.id)
            self._under_way[job.id] = job
            try:
                await step(claim)
            finally:
                del self._under_way[job.id]
                self._more.discard(job.id)
                self._crowded_until = None

        return counting

    def _has_neighbour(self, job: Job, others: Sequence[Job]) -> bool:
        mine = job.origin
        return any(
            other.origin.user_id == mine.user_id
            or (self._by_channel and other.origin.channel_id == mine.channel_id)
            for other in others
        )
