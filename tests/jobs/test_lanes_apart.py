"""What fails beside the steps, in the loop's own hands, keeps no lane from its turn."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.background import Background
from bot.domain.breaker_state import restored
from bot.jobs.apart import Apart
from bot.jobs.claim import Claim
from bot.jobs.outages import Outages
from bot.jobs.places import Places
from bot.jobs.poison import Poison
from bot.jobs.work import Work
from bot.jobs.worker import LEASE_S, JobWorker
from sandbox.clock import PATIENCE_S
from storage.circuits import StoredCircuit, StoredOutages
from storage.engine import open_database
from storage.errors import StorageUnavailable
from storage.job import Job, Pack, State
from storage.store import JobStore, Lane
from tests.harness.failing_steps import LIMITS, Bug, told
from tests.harness.jump_clock import JumpClock
from tests.harness.manual_clock import START_UNIX_S, ManualClock
from tests.harness.storage.making import answered, make_job, running


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[JobStore]:
    async with open_database(f"sqlite:///{tmp_path / 'kling.db'}", owner="bot") as database:
        yield database.jobs


async def _nothing(claim: Claim) -> None:
    await claim.save(due_at=None)


def _raises(*_: object) -> float:
    raise Bug


async def _fails(*_: object) -> list[Job]:
    raise Bug


class Loop:
    """A worker whose last lane does its work; whatever comes before it fails."""

    def __init__(self, store: JobStore, failing: Callable[["Loop"], list[Work]]) -> None:
        self.clock = JumpClock()
        self.store = store
        self.told: list[str] = []
        self.troubles: list[StorageUnavailable] = []
        self.done: asyncio.Queue[str] = asyncio.Queue()
        good = replace(self.lane(Lane.POLL), step=self._step)
        self.worker = JobWorker(
            store,
            self.clock,
            [*failing(self), good],
            self.troubles.append,
            lambda _: None,
            Poison(self.clock, told, LIMITS),
            on_failure=self.told.append,
            before_look=self._before_look,
        )

    def lane(self, lane: Lane) -> Work:
        async def claim(limit: int) -> list[Job]:
            return await self.store.claim(lane, now=self.clock.now(), lease_s=LEASE_S, limit=limit)

        return Work(lane, Places(self.clock, 1), claim, _nothing, name=lane.value)

    async def _before_look(self) -> None:
        raise Bug

    async def _step(self, claim: Claim) -> None:
        await claim.save(due_at=None)
        self.done.put_nowait(claim.job.id)


async def test_a_lane_that_cannot_be_claimed_keeps_no_other_waiting(store: JobStore) -> None:
    """Whatever its claim, its look ahead, or what is found out first raises, later lanes go on.

    Each failure is told by its name.
    """
    loop = Loop(
        store,
        lambda loop: [
            replace(loop.lane(Lane.PREPARE), claim=_fails),
            replace(loop.lane(Lane.TELL), look_at=_raises),
        ],
    )
    now = loop.clock.now()
    await answered(store, make_job(created_at=now))
    job = await running(store, now=now)
    await store.save(job, now=now, due_at=now)
    await answered(store, make_job(created_at=now, state=State.PREPARING))
    working = asyncio.create_task(loop.worker.run())
    async with asyncio.timeout(PATIENCE_S):
        assert await loop.done.get() == job.id
    await loop.worker.stop(1.0)
    await working
    always = {"outages", "prepare"}
    assert always <= set(loop.told) <= always | {"tell: next look"}
    assert loop.told.count("prepare") == 1  # it pauses, however often the loop looks
    assert loop.troubles == []


async def test_a_claim_that_passes_ends_no_pause_of_the_look_ahead(store: JobStore) -> None:
    """A lane is claimed at every look, and its look ahead pauses longer after each failure."""
    claims: list[int] = []

    async def claim(limit: int) -> list[Job]:
        claims.append(limit)
        return []

    loop = Loop(
        store, lambda loop: [replace(loop.lane(Lane.PREPARE), claim=claim, look_at=_raises)]
    )
    await answered(store, make_job(created_at=loop.clock.now(), state=State.PREPARING))
    failures = []
    for _ in range(8):
        await loop.worker._look()
        failures.append(sum("prepare" in name for name in loop.told))
        loop.clock.jump(4.0)
    assert failures == [1, 2, 2, 3, 3, 3, 3, 4]
    assert claims == [1] * 8


async def test_what_fails_pauses_longer_each_time_and_raises_trouble_with_the_database() -> None:
    """Its pause doubles up to a minute and ends with a success; it never outlives its clock."""
    clock, told = ManualClock(), list[str]()
    apart = Apart(clock, told.append)
    pauses = []
    for _ in range(6):
        with apart.turn("a lane"):
            _raises()
        pauses.append((apart.held_until("a lane") or 0.0) - clock.now())
        assert apart.moments() == [apart.held_until("a lane")]
        clock.advance(pauses[-1])
        assert apart.held_until("a lane") is None
    assert pauses == [4.0, 8.0, 16.0, 32.0, 60.0, 60.0]
    assert told == ["a lane"] * 6
    with apart.turn("a lane"):
        pass
    with apart.turn("a lane"):
        _raises()
    assert apart.held_until("a lane") == clock.now() + 4.0
    clock.advance(START_UNIX_S - clock.now() - 3_600.0)  # set back
    assert (apart.held_until("a lane"), apart.moments()) == (None, [])
    with pytest.raises(StorageUnavailable), apart.turn("another"):
        raise StorageUnavailable("full", "")
    assert "another" not in told


@pytest.mark.parametrize(
    "said",
    ["Not JSON of ours", ["code"], {"code": "many", "http_status": 400, "host": "h"}, {}],
)
async def test_a_damaged_refusal_is_dropped(store: JobStore, said: object) -> None:
    """What can't be read of a stored outage is left out, with one line in the log.

    The pack stays on hold until it is probed.
    """
    clock, background = JumpClock(), Background()
    circuit = StoredCircuit(Pack.VIDEO, "account", clock.now() + 60.0, clock.now())
    damaged = StoredOutages({Pack.VIDEO: replace(circuit, refusal={"code": 1102})})
    await store.change_outages(lambda _: damaged)
    state = StoredOutages({Pack.VIDEO: replace(circuit, refusal=said)})  # type: ignore[arg-type] # damaged
    [read] = restored(state).circuits
    assert (read.scope, read.refusal, read.until) == (Pack.VIDEO, None, circuit.until)
    outages = Outages(store, clock, told, background)
    with capture_logs() as logged:
        await outages.refresh()
        outages._adopt(await store.outages())
    assert outages.holds_everything_of() == [Pack.VIDEO]
    assert [line["event"] for line in logged] == ["outages.refusal_unreadable"]
    await background.close()
