"""A day of many servers: the product's store, transitions and poller, and the time of a simulation.

Only Discord and Kling are missing: a request to them takes no time, and is counted. Steps come one
after the other, as in a bot that is fast enough; what the database costs is measured in CPU time.
"""

import heapq
import itertools
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, cast

from bench.scale_day import Counted, Day, Time, minute_of
from bench.scale_demand import DAY_S, TAKES_S, Asked
from bench.simulated_job import video_job
from bot.domain.policy.card import card_view
from bot.domain.policy.polling import PollLimits
from bot.jobs.claim import Claim
from bot.jobs.lanes import AT_ONCE
from bot.jobs.outages import Outages
from bot.jobs.poller import Poller
from bot.jobs.transitions import Transitions
from bot.jobs.worker import LEASE_S
from bot.kling.questions import BATCH_MAX, Questions
from bot.kling.tasks import Media, Task, TaskStatus
from bot.settings.sections import PollSettings
from storage.connections import Connections
from storage.engine import open_database
from storage.errors import LimitReached
from storage.job import Delivery, Job, Pack, State, Venue
from storage.lanes import Lane
from storage.limits import Limits
from storage.store import JobStore

JOBS_PER_MEMBER_DAY: Final = 20
PASSES: Final = (Lane.TELL, Lane.CARD)
"""Lanes whose rows are due at once."""
LANES: Final = (Lane.POLL, Lane.QUEUE, *PASSES)


class Simulation:
    """One day, through the store."""

    def __init__(self, store: JobStore, clock: Time, day: Day) -> None:
        self._store = store
        self._clock = clock
        self._day = day
        self._polling = PollSettings()
        limits = PollLimits(
            self._polling.first_s,
            self._polling.interval_s,
            self._polling.late_s,
            self._polling.give_up_s,
        )
        self._transitions = Transitions(store, clock)
        never = cast("Outages", None)  # Kling never fails here
        self._poller = Poller(cast("Questions", self), clock, limits, never, {})
        self._ends: dict[str, float] = {}
        self._takes: dict[str, float] = {}
        self._looks: list[tuple[float, int]] = []
        self._number = itertools.count()

    async def play(self, asked: Sequence[Asked]) -> None:
        """Let everything be asked, and go on until nothing is left to do."""
        coming = sorted(asked, key=lambda one: one.at, reverse=True)
        while coming or self._looks:
            if coming and (not self._looks or coming[-1].at <= self._looks[0][0]):
                one = coming.pop()
                self._clock.moment = one.at
                await self._ask(one)
            else:
                self._clock.moment = max(self._clock.moment, heapq.heappop(self._looks)[0])
            await self._look()

    async def query(self, _route: object, task_id: str) -> Task:
        """Answer as Kling does: the place of `Questions`."""
        ended = self._ends[task_id] <= self._clock.moment
        status = TaskStatus.SUCCEED if ended else TaskStatus.PROCESSING
        media = (Media("video", f"https://kling.invalid/{task_id}", task_id, 5.0, 0),)
        return Task(task_id, status, "", None, None, media if ended else (), "1.5")

    async def _ask(self, one: Asked) -> None:
        now = self._clock.moment
        self._day.asked += 1
        await self._store.standing(one.server, one.server * 100 + one.member)
        job = _job(one, now)
        limits = Limits(JOBS_PER_MEMBER_DAY, day_starts=now // DAY_S * DAY_S)
        try:
            place = await self._store.insert(job, limits=limits)
        except LimitReached:
            self._day.refused += 1
            return
        self._day.line_max = max(self._day.line_max, place or 0)
        await self._store.mark_answered(job.id, message_id=1, now=now, due_at=now)
        self._takes[job.id] = one.takes_s

    async def _look(self) -> None:
        """Do what is due, as the loop of the bot does, and note when to look again."""
        while due := await self._store.lanes_due(LANES, now=self._clock.moment):
            if not await self._pass(due):
                break
        again = await self._store.next_due(LANES, now=self._clock.moment)
        if again is not None and (not self._looks or again < self._looks[0][0]):
            heapq.heappush(self._looks, (again, next(self._number)))

    async def _pass(self, due: set[Lane]) -> bool:
        """Do one round; tell whether there was anything to do."""
        did = False
        if Lane.POLL in due:
            did |= await self._poll()
        if Lane.QUEUE in due:
            did |= await self._send()
        for lane in PASSES:
            if lane in due:
                claimed = await self._claimed(lane)
                for job in claimed:
                    await (self._tell if lane is Lane.TELL else self._edit)(self._claim(job))
                did |= bool(claimed)
        return did

    async def _claimed(self, lane: Lane, ahead_s: float = 0.0) -> list[Job]:
        return await self._store.claim(
            lane, now=self._clock.moment, lease_s=LEASE_S, limit=AT_ONCE[lane], ahead_s=ahead_s
        )

    async def _poll(self) -> bool:
        claimed = await self._claimed(Lane.POLL, self._polling.interval_s / 2)
        self._count("kling polls", math.ceil(len(claimed) / BATCH_MAX))
        for job in claimed:
            await self._poller.poll(self._claim(job))
        return bool(claimed)

    async def _send(self) -> bool:
        now, slots = self._clock.moment, self._day.slots
        if not await self._store.line_moves(Pack.VIDEO, total_slots=slots, now=now):
            return False
        going = await self._store.claim_queued(
            Pack.VIDEO, total_slots=slots, now=now, lease_s=LEASE_S, limit=slots
        )
        for job in going:
            claim = self._claim(job)
            await claim.move(State.CREATING, keep=True, create_tries=1, sent_at=now)
            self._count("kling creates")
            self._ends[job.id] = now + self._takes[job.id]
            self._day.waits_s.append(now - job.created_at)
            self._day.busy_slot_s += self._takes[job.id]
            due_at = now + self._polling.first_s
            expected = now + sum(TAKES_S) / 2
            await claim.move(
                State.RUNNING, task_id=job.id, submitted_at=now, expected_at=expected, due_at=due_at
            )
        return bool(going)

    async def _tell(self, claim: Claim) -> None:
        now = self._clock.moment
        message = Delivery(claim.job.id, "r", 0, Venue.CHANNEL, (0,))
        await claim.plan([message])
        await self._store.deliveries(claim.job.id)
        tried = replace(message, tries=1, first_tried_at=now)
        await self._store.save_delivery(claim.job, tried, now=now)
        self._count("discord posts")
        told = replace(tried, told_at=now, message_id=1)
        await self._store.save_delivery(claim.job, told)
        await claim.move(State.DONE)
        self._day.shown_s.append(now - self._ends.pop(claim.job.id))
        del self._takes[claim.job.id]

    async def _edit(self, claim: Claim) -> None:
        self._count("discord edits")
        await claim.card_shown(claim.job.card.wants)

    def _claim(self, job: Job) -> Claim:
        return Claim(job, self._transitions)

    def _count(self, kind: str, times: int = 1) -> None:
        self._day.calls[minute_of(self._clock.moment), kind] += times


def _job(one: Asked, now: float) -> Job:
    member = one.server * 100 + one.member
    job = video_job(member, one.server, now)
    return replace(job, card=replace(job.card, wants=card_view(job)))


async def play(folder: Path, servers: int, slots: int, asked: Sequence[Asked]) -> Day:
    """Return what these commands come to, on an account with so many slots."""
    day = Day(servers, slots)
    clock = Time()
    async with open_database(f"sqlite:///{folder}/{servers}-{slots}.db", owner="bench") as database:
        store = database.jobs
        store._connections = cast("Connections", Counted(store._connections, day, clock))
        await Simulation(store, clock, day).play(asked)
    return day
