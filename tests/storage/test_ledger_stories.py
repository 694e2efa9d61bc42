"""Whatever happens to jobs in whatever order: the ledger is what Kling charged and what is held.

Kling's side is a dictionary: what each task cost it, which the store hears of late, twice or never.
"""

import random

import pytest

from storage.errors import ClaimLost, UnitsLimitReached
from storage.job import Job, Pack, State, WaitsFor
from storage.limits import Limits
from storage.money import NONE_MADE, UNKNOWN, Learnt, Verdict
from storage.store import JobStore, Lane
from storage.unit_limits import UnitLimits
from tests.harness.storage.bookings import priced
from tests.harness.storage.making import LEASE_S, NOW

DAY_S = 86_400.0
MONTH = "2027-01"
LIMIT = 2_000
STEPS = 60


class Story:
    """Random people, a random Kling and a bot that may die between any two writes."""

    def __init__(self, stores: tuple[JobStore, JobStore], seed: int) -> None:
        self.stores = stores
        self.chance = random.Random(seed)  # noqa: S311 - not a secret
        self.now = NOW
        self.charged: dict[str, int] = {}
        """What Kling deducted, by job: final."""
        self.runs: dict[str, int] = {}
        """Creates that Kling has accepted and not ended, by job."""
        self.wrongly_refused = False
        self._holder = stores[0]

    @property
    def store(self) -> JobStore:
        return self.chance.choice(self.stores)

    async def ask(self) -> None:
        price = self.chance.choice((0, 1, 5, 150, 375, 900))
        user_id, guild_id = self.chance.choice(((1, 11), (2, 11), (3, 12), (4, None)))
        limits = Limits(
            day_starts=NOW // DAY_S * DAY_S,
            units=UnitLimits(
                account=self.chance.choice((None, 4 * LIMIT)),
                server=LIMIT,
                member=self.chance.choice((None, LIMIT)),
            ),
        )
        job = priced(price, user_id=user_id, guild_id=guild_id)
        try:
            await self.store.insert(job, limits=limits)
        except UnitsLimitReached as refusal:
            self.wrongly_refused |= refusal.used + price <= refusal.limit
            return
        if self.chance.random() < 0.1:
            await self.store.withdraw(job.id, now=self.now)
            return
        await self.store.mark_answered(job.id, message_id=1, now=self.now, due_at=self.now)

    async def call_off(self, job: Job) -> None:
        await self.store.decide(job.id, from_state=State.QUEUED, to=State.CANCELLED, now=self.now)

    async def send(self) -> None:
        store = self.store
        claimed = await store.claim_queued(
            self.chance.choice(list(Pack)),
            total_slots=50,
            now=self.now,
            lease_s=LEASE_S,
            limit=3,
        )
        for job in claimed:
            tries = job.create_tries + 1
            held = await store.move(
                job, State.CREATING, now=self.now, keep=True, create_tries=tries, sent_at=self.now
            )
            await self._created(store, held)

    async def _created(self, store: JobStore, job: Job) -> None:
        """Kling accepts, refuses, says later, or nobody knows; the bot may die before it writes."""
        what = self.chance.choice(("accepts", "accepts", "refuses", "busy", "dies", "unsure"))
        if what in {"accepts", "dies"}:
            self.runs[job.id] = self.runs.get(job.id, 0) + 1
        if what == "accepts":
            await store.move(
                job, State.RUNNING, now=self.now, task_id=f"t-{job.id}", submitted_at=self.now
            )
        elif what == "refuses":
            await store.move(job, State.READY, now=self.now, money=NONE_MADE)
        elif what == "busy":
            tries = job.create_tries - 1
            await store.move(job, State.QUEUED, now=self.now, create_tries=tries, due_at=self.now)
        elif what == "unsure":
            if self.chance.random() < 0.5:
                self.runs[job.id] = self.runs.get(job.id, 0) + 1
            await store.move(
                job, State.WAITING, now=self.now, waits_for=WaitsFor.UNSURE, due_at=self.now
            )
        else:
            await store.let_go(job)  # As a start does with what a dead process held.
            await self.store.learn_task(job.id, f"t-{job.id}", now=self.now)

    async def decide(self, job: Job) -> None:
        to = self.chance.choice((State.QUEUED, State.READY))
        await self.store.decide(
            job.id, from_state=State.WAITING, waits_for=WaitsFor.UNSURE, to=to, now=self.now
        )

    async def end(self, job: Job) -> None:
        """Kling's answer about a task comes; or the bot gives up, and it comes later or never."""
        price = job.units_price or 0
        ok, said = self.chance.random() < 0.7, self.chance.random() < 0.7
        cost = self.chance.choice((price, price // 2, price + 100)) if said else price * ok
        held = await self._held(job)
        if held is None:
            return
        if self.chance.random() < 0.2:
            await self.store_of(held).move(
                held, State.READY, now=self.now, gave_up=True, money=UNKNOWN
            )
            return
        learnt = Learnt.SUCCEEDED if ok else Learnt.FAILED
        verdict = Verdict(learnt, cost if said else None)
        self.charged[job.id] = cost
        self.runs[job.id] -= 1
        await self.store_of(held).move(held, State.READY, now=self.now, money=verdict)
        try:  # The same answer once more finds that somebody else has moved the job.
            await self.store_of(held).move(held, State.READY, now=self.now, money=verdict)
        except ClaimLost:
            return
        raise AssertionError("a step wrote without its claim")

    async def _held(self, job: Job) -> Job | None:
        for store in self.stores:
            claimed = await store.claim(Lane.POLL, now=self.now, lease_s=LEASE_S, limit=99)
            mine = next((one for one in claimed if one.id == job.id), None)
            for one in claimed:
                if one is not mine:
                    await store.let_go(one)
            if mine is not None:
                self._holder = store
                return mine
        return None

    def store_of(self, _held: Job) -> JobStore:
        return self._holder

    async def step(self) -> None:
        self.now += self.chance.choice((0.0, 1.0, 60.0))
        jobs = await self.store.list_jobs(limit=500)
        queued = [job for job in jobs if job.state is State.QUEUED]
        running = [job for job in jobs if job.state is State.RUNNING]
        unsure = [job for job in jobs if job.waits_for is WaitsFor.UNSURE]
        what = self.chance.choice(("ask", "ask", "send", "end", "end", "call off", "decide"))
        if what == "ask":
            await self.ask()
        elif what == "send":
            await self.send()
        elif what == "end" and running:
            await self.end(self.chance.choice(running))
        elif what == "call off" and queued:
            await self.call_off(self.chance.choice(queued))
        elif what == "decide" and unsure:
            await self.decide(self.chance.choice(unsure))
        elif self.chance.random() < 0.1:
            credited = {self.chance.choice(list(Pack)).value: self.chance.choice((1, 150, 900))}
            await self.store.credit(self.chance.choice((1, 2, 3, 4)), credited, now=self.now)
        elif self.chance.random() < 0.05:
            await self.forget(self.chance.choice((1, 2, 3, 4)))

    async def forget(self, user_id: int) -> None:
        """What was sent is booked at its price: Kling's later answer is nobody's any more."""
        for job in await self.store.list_jobs(limit=500):
            if job.origin.user_id == user_id and job.units_held:
                open_price = job.units_held if job.create_tries else 0
                self.charged[job.id] = self.charged.get(job.id, 0) + open_price
        await self.store.forget_member(user_id, now=self.now)


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.sweep) for seed in range(1, 6))]
)
async def test_no_order_of_events_makes_the_books_wrong(
    store: JobStore, other: JobStore, seed: int
) -> None:
    """After each event: rows, totals and entries agree; in the end nothing is held by the ended."""
    story = Story((store, other), seed)
    for _ in range(STEPS):
        await story.step()
        assert await store.check_books() == []
    assert not story.wrongly_refused
    jobs = await store.list_jobs(limit=500)
    spent = {job.id: job.units_spent for job in jobs}
    for job in jobs:
        if job.id in story.charged:
            assert spent[job.id] == story.charged[job.id]
        elif job.state in {State.READY, State.CANCELLED} and not job.gave_up:
            assert job.units_spent == 0
        assert job.units_held >= 0
    await store.end_unknown(now=story.now + 40 * DAY_S)
    assert await store.check_books() == []
    for job in await store.list_jobs(limit=500):
        if job.state in {State.RUNNING, State.READY, State.CREATING}:
            assert job.units_held == 0
