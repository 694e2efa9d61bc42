"""The life of several jobs in the hands of two processes, in every order Hypothesis can think of.

After each step the whole database is what `Model` says: whatever was refused changed nothing, and
whatever was accepted changed its own row along a legal move.
"""

import itertools
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule, run_state_machine_as_test

from storage.job import ENDED, Delivery, Job, Pack, State, WaitsFor
from storage.store import Lane
from tests.harness.postgres_server import Database
from tests.harness.storage.life import legal_moves
from tests.harness.storage.loop_rules import (
    MANY,
    OWNERS,
    PLAIN_LANES,
    SENDING,
    TOTAL_SLOTS,
    LoopRules,
)
from tests.harness.storage.making import TOKEN, make_delivery

pytestmark = pytest.mark.sweep

PURGE_AGE_S = 200.0


class Life(LoopRules):
    """Adds the people, the world around, and what always holds."""

    # ---- people ---------------------------------------------------------------------------

    @precondition(lambda self: self.model.answered - self.model.purged)
    @rule(data=st.data(), owner=st.sampled_from(OWNERS), stale=st.booleans())
    def decide(self, data: st.DataObject, owner: str, *, stale: bool) -> None:
        job = self.any_job(data)
        asked = job
        if stale and self.holdings:  # the button shows what the job was when it was drawn
            asked = self.any_holding(data).job
        moves = [m for m in legal_moves(asked) if m[1] is None and (asked.state, m[0]) != SENDING]
        if not moves:
            return
        to, _ = data.draw(st.sampled_from(moves), label="to")
        decided = self.do(
            self.stores[owner].decide(
                job.id,
                from_state=asked.state,
                to=to,
                waits_for=asked.waits_for,
                now=self.now,
                **self.changes(job, to, None, card=True, flag=False),
            )
        )
        in_time = (job.state, job.waits_for) == (asked.state, asked.waits_for)
        assert (decided is not None) is (in_time and job.id in self.model.answered)
        if decided is not None:
            assert decided.lease_owner is None
            self.took(job, decided)

    @precondition(lambda self: self.model.rows)
    @rule(data=st.data())
    def stop_following(self, data: st.DataObject) -> None:
        job = self.any_job(data)
        stopped = self.do(self.stores["two"].stop_following(job.id, now=self.now))
        if stopped is not None:
            assert stopped == replace(job, stopped=True, updated_at=self.now)
            self.took(job, stopped)

    @precondition(lambda self: self.model.rows)
    @rule(data=st.data())
    def deliver_again(self, data: st.DataObject) -> None:
        job = self.any_job(data)
        self.again += 1
        delivery = make_delivery(job, f"a{self.again}")
        posted = self.do(self.stores["one"].deliver_again(job.id, [delivery], now=self.now))
        told = job.state is State.DONE or job.waits_for is WaitsFor.PICKUP
        assert (posted is not None) is told
        if posted is not None:
            self.took(job, posted)
            self.model.deliveries[job.id][delivery.tag] = delivery

    @precondition(lambda self: self.model.rows)
    @rule(data=st.data())
    def learn_task(self, data: st.DataObject) -> None:
        job = self.any_job(data)
        if job.state is State.QUEUED:  # true, and rare enough to be told elsewhere: it owes a slot
            return
        learnt = self.do(self.stores["two"].learn_task(job.id, "late", now=self.now))
        doubt = job.state is State.CREATING or job.waits_for is WaitsFor.UNSURE
        assert (learnt is not None) is doubt
        if learnt is not None:
            self.took(job, learnt)

    # ---- the world ------------------------------------------------------------------------

    @rule()
    def crash(self) -> None:
        self.do(self.stack.aclose())
        self.open()
        if self.url.startswith("sqlite"):  # the lock says that no other process is alive
            self.model.void_leases()

    @rule()
    def purge(self) -> None:
        gone = self.model.forgettable(self.now, PURGE_AGE_S)
        before = self.model.rows
        purged = self.do(
            self.stores["one"].purge(
                now=self.now, inputs_older_s=PURGE_AGE_S, jobs_older_s=PURGE_AGE_S
            )
        )
        assert purged == len(gone)
        self.model.purged |= gone
        self.model.rows = {i: self._swept(job) for i, job in before.items() if i not in gone}

    def _swept(self, job: Job) -> Job:
        dead = job.card.token_until <= self.now
        return replace(job, card=replace(job.card, token=None)) if dead else job

    # ---- what always holds ----------------------------------------------------------------

    @invariant()
    def the_database_is_what_it_must_be(self) -> None:
        found = {job.id: job for job in self.do(self.stores["one"].list_jobs(limit=MANY))}
        assert found == self.model.rows
        assert self.model.answered - self.model.purged <= found.keys(), "an answered job is gone"

    @invariant()
    def no_message_is_lost_or_doubled(self) -> None:
        for job_id in self.model.rows:
            found: dict[str, Delivery] = {}
            for delivery in self.do(self.stores["two"].deliveries(job_id)):
                assert delivery.tag not in found
                found[delivery.tag] = delivery
            assert found == self.model.deliveries[job_id]

    @invariant()
    def slots_are_never_oversold(self) -> None:
        for pack in Pack:
            used = self.do(self.stores["one"].slots_in_use(pack))
            assert used == self.model.slots(pack) <= TOTAL_SLOTS

    @invariant()
    def ended_jobs_hold_no_secrets(self) -> None:
        for job in self.model.rows.values():
            if job.state in ENDED:
                assert (job.sources, job.result_urls, job.question) == ({}, (), {})
                assert job.card.token is None or job.card.due_at is not None
            assert job.card.token in {None, TOKEN}

    @invariant()
    def now_is_never_said_in_vain(self) -> None:
        due = self.do(self.stores["two"].next_due(PLAIN_LANES, now=self.now))
        assert due == self.model.next_due(PLAIN_LANES, self.now)
        claimable = [self.model.claimable(lane, self.now) for lane in PLAIN_LANES]
        assert (due is not None and due <= self.now) is any(claimable)
        due = self.do(self.stores["two"].next_due([Lane.QUEUE], now=self.now))
        assert due is None or due > self.now


HOW = settings(
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def test_any_order_of_events_keeps_the_laws_on_sqlite(tmp_path: Path) -> None:
    """One process with an operator beside it: every order of events keeps every law."""
    numbers = itertools.count()

    class SqliteLife(Life):
        def new_database(self) -> str:
            return f"sqlite:///{tmp_path / f'kling-{next(numbers)}.db'}"

    run_state_machine_as_test(SqliteLife, settings=settings(HOW, max_examples=15))


def test_any_order_of_events_keeps_the_laws_on_postgresql(postgres: Database) -> None:
    """Two processes that share a server: every order of events keeps every law."""

    class PostgresLife(Life):
        def new_database(self) -> str:
            return self.do(postgres.emptied())

    run_state_machine_as_test(PostgresLife, settings=settings(HOW, max_examples=6))
