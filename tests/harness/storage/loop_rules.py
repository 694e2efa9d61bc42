"""What commands and the loop do, as rules: the first half of `test_life`.

Each rule predicts from the model whether the store accepts what it does, and takes over what came
of it.
"""

import asyncio
import contextlib
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any, TypeVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from storage.engine import open_database
from storage.errors import ClaimLost, DuplicateInteraction
from storage.job import ENDED, Job, Pack, State, WaitsFor, check_transition
from storage.store import JobStore, Lane
from tests.harness.storage.life import Holding, Model, legal_moves
from tests.harness.storage.making import LEASE_S, MESSAGE, NOW, URL, make_delivery, make_job

T = TypeVar("T")
OWNERS = ("one", "two")
TOTAL_SLOTS = 4
JOBS_MAX = 5
PLAIN_LANES = sorted(set(Lane) - {Lane.QUEUE})
MANY = 99
SENDING = (State.QUEUED, State.CREATING)
"""The move that needs a slot: only who claimed from the queue makes it."""


class LoopRules(RuleBasedStateMachine):
    """Two processes over one database, their clock, and the claims they believe to have."""

    def new_database(self) -> str:
        raise NotImplementedError

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.url = self.new_database()
        self.model = Model()
        self.holdings: list[Holding] = []
        self.now = NOW
        self.stores: dict[str, JobStore] = {}
        self.entered = 0
        self.again = 0
        self.open()

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    def open(self) -> None:
        self.stack = contextlib.AsyncExitStack()
        for owner in OWNERS:
            opening = open_database(self.url, owner=owner, beside=owner != OWNERS[0])
            self.stores[owner] = self.do(self.stack.enter_async_context(opening)).jobs

    def teardown(self) -> None:
        self.do(self.stack.aclose())
        self.runner.close()

    def any_job(self, data: st.DataObject) -> Job:
        return self.model.rows[data.draw(st.sampled_from(sorted(self.model.rows)), label="job")]

    def any_holding(self, data: st.DataObject) -> Holding:
        return data.draw(st.sampled_from(self.holdings), label="holding")

    def took(self, before: Job, after: Job | None) -> None:
        """Take over an accepted write: one legal move, and nothing else that may not change."""
        assert after is not None
        if after.state is not before.state:
            check_transition(before.state, after.state, after.waits_for or before.waits_for)
        assert (after.origin, after.request) == (before.origin, before.request)
        assert (after.created_at, after.slots, after.pack) == (
            before.created_at,
            before.slots,
            before.pack,
        )
        self.model.rows[after.id] = after

    # ---- entering -------------------------------------------------------------------------

    @precondition(lambda self: len(self.model.rows) < JOBS_MAX)
    @rule(
        state=st.sampled_from([State.PREPARING, State.QUEUED]),
        pack=st.sampled_from(Pack),
        slots=st.integers(1, 3),
        seen=st.booleans(),
    )
    def enter(self, state: State, pack: Pack, slots: int, *, seen: bool) -> None:
        self.entered += 1
        job = make_job(
            id=f"job-{self.entered:012d}",  # Hypothesis replays only what is the same every time
            state=state,
            pack=pack,
            slots=slots,
            created_at=self.now,
            sources={"video": URL},
        )
        self.do(self.stores["one"].insert(job))
        self.model.rows[job.id] = job
        self.model.deliveries[job.id] = {}
        if seen:
            self._answer(job)

    @precondition(lambda self: self.model.rows)
    @rule(data=st.data())
    def enter_twice(self, data: st.DataObject) -> None:
        job = self.any_job(data)
        with pytest.raises(DuplicateInteraction):
            self.do(self.stores["two"].insert(make_job(interaction_id=job.origin.interaction_id)))

    @precondition(lambda self: self.model.rows)
    @rule(data=st.data())
    def answer(self, data: st.DataObject) -> None:
        self._answer(self.any_job(data))

    def _answer(self, job: Job) -> None:
        recorded = self.do(
            self.stores["two"].mark_answered(
                job.id, message_id=MESSAGE, now=self.now, due_at=self.now
            )
        )
        assert recorded is (job.id not in self.model.answered)
        if recorded:
            self.model.answered.add(job.id)
            self.took(job, self.do(self.stores["one"].get(job.id)))

    @precondition(lambda self: self.model.rows)
    @rule(data=st.data(), owner=st.sampled_from(OWNERS))
    def withdraw(self, data: st.DataObject, owner: str) -> None:
        job = self.any_job(data)
        withdrawn = self.do(self.stores[owner].withdraw(job.id))
        assert withdrawn is (job.id not in self.model.answered)
        if withdrawn:
            del self.model.rows[job.id]

    # ---- the loop -------------------------------------------------------------------------

    @rule(seconds=st.sampled_from([0.5, LEASE_S / 2, LEASE_S + 1.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @precondition(lambda self: self.model.rows)
    @rule(owner=st.sampled_from(OWNERS), lane=st.sampled_from(PLAIN_LANES))
    def claim(self, owner: str, lane: Lane) -> None:
        wanted = self.model.claimable(lane, self.now)
        taken = self.do(self.stores[owner].claim(lane, now=self.now, lease_s=LEASE_S, limit=MANY))
        assert {job.id for job in taken} == wanted
        self._claimed(owner, lane, taken)

    @precondition(lambda self: self.model.rows)
    @rule(owner=st.sampled_from(OWNERS), pack=st.sampled_from(Pack))
    def claim_queued(self, owner: str, pack: Pack) -> None:
        wanted = self.model.line(pack, TOTAL_SLOTS, self.now)
        taken = self.do(
            self.stores[owner].claim_queued(
                pack, total_slots=TOTAL_SLOTS, now=self.now, lease_s=LEASE_S, limit=MANY
            )
        )
        assert [job.id for job in taken] == wanted
        self._claimed(owner, Lane.QUEUE, taken)

    def _claimed(self, owner: str, lane: Lane, taken: list[Job]) -> None:
        for job in taken:
            before = self.model.rows[job.id]
            assert not self.model.leased(before, self.now), "a job has one holder at most"
            turn = self.model.turns.get(job.id) if lane is Lane.QUEUE else before.turn
            until = self.now + LEASE_S
            assert job == replace(before, lease_owner=owner, lease_until=until, turn=turn)
            self.model.rows[job.id] = job
            self.holdings.append(Holding(owner, job, lane))

    @precondition(lambda self: self.holdings)
    @rule(data=st.data(), keep=st.booleans(), card=st.booleans(), flag=st.booleans())
    def step(self, data: st.DataObject, *, keep: bool, card: bool, flag: bool) -> None:
        holding = self.any_holding(data)
        moves = legal_moves(holding.job)
        if holding.lane is not Lane.QUEUE:  # only a claim of the queue comes with a slot
            moves = [move for move in moves if (holding.job.state, move[0]) != SENDING]
        if not moves or holding.lane is Lane.SETTLE:
            return
        to, question = data.draw(st.sampled_from(moves), label="to")
        changes = self.changes(holding.job, to, question, card=card, flag=flag)
        self._write(
            holding,
            self.stores[holding.owner].move(holding.job, to, now=self.now, keep=keep, **changes),
            keep=keep,
        )

    @precondition(lambda self: self.holdings)
    @rule(data=st.data(), keep=st.booleans(), card=st.booleans())
    def save(self, data: st.DataObject, *, keep: bool, card: bool) -> None:
        holding = self.any_holding(data)
        changes = {"failures": holding.job.failures + 1, **self._card(card=card)}
        self._write(
            holding,
            self.stores[holding.owner].save(holding.job, now=self.now, keep=keep, **changes),
            keep=keep,
        )

    @precondition(lambda self: self.holdings)
    @rule(data=st.data())
    def plan(self, data: st.DataObject) -> None:
        holding = self.any_holding(data)
        if holding.job.state not in {State.READY, State.POSTING}:
            return
        planned = [make_delivery(holding.job, "r", part) for part in (1, 2)]
        written = self._write(
            holding,
            self.stores[holding.owner].plan(holding.job, planned, now=self.now),
            keep=True,
        )
        if written:
            rows = self.model.deliveries[holding.job.id]
            for delivery in planned:
                rows.setdefault(delivery.tag, delivery)

    @precondition(lambda self: self.holdings)
    @rule(data=st.data())
    def tell(self, data: st.DataObject) -> None:
        holding = self.any_holding(data)
        rows = self.model.deliveries.get(holding.job.id)
        if not rows:
            return
        told = replace(rows[data.draw(st.sampled_from(sorted(rows)))], message_id=MESSAGE)
        saving = self.stores[holding.owner].save_delivery(holding.job, told)
        if self.model.may_write(holding, self.now, keep=False):
            self.do(saving)
            rows[told.tag] = told
        else:
            with pytest.raises(ClaimLost):
                self.do(saving)

    @precondition(lambda self: self.holdings)
    @rule(data=st.data())
    def renew(self, data: st.DataObject) -> None:
        holding = self.any_holding(data)
        until = self.now + LEASE_S
        row = self.model.rows.get(holding.job.id)
        renewing = self.stores[holding.owner].renew(holding.job, until=until)
        if row is not None and row.lease_owner == holding.owner:
            self.do(renewing)
            self.model.rows[row.id] = replace(row, lease_until=until)
        else:
            with pytest.raises(ClaimLost):
                self.do(renewing)

    def _write(self, holding: Holding, writing: Coroutine[Any, Any, Job], *, keep: bool) -> bool:
        if not self.model.may_write(holding, self.now, keep=keep):
            with pytest.raises(ClaimLost):
                self.do(writing)
            return False
        before = self.model.rows[holding.job.id]
        after = self.do(writing)
        assert after.lease_owner == (holding.owner if keep else None)
        self.took(before, after)
        self.holdings.remove(holding)
        if keep:
            self.holdings.append(replace(holding, job=after))
        return True

    def changes(
        self, job: Job, to: State, question: WaitsFor | None, *, card: bool, flag: bool
    ) -> dict[str, Any]:
        changes: dict[str, Any] = {"due_at": self.now, **self._card(card=card)}
        if to is State.WAITING:
            changes |= {"waits_for": question, "waits_until": self.now if flag else None}
        if to is State.RUNNING:
            changes |= {"task_id": f"task-{job.id}", "submitted_at": self.now}
        if to is State.READY:
            changes |= {"outcome": {"media": []}, "result_urls": (URL,), "gave_up": flag}
        if to in ENDED and not job.gave_up:
            changes["due_at"] = None
        return changes

    def _card(self, *, card: bool) -> dict[str, Any]:
        return {"card_wants": "other", "card_due_at": self.now if card else None}
