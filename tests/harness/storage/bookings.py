"""Priced jobs for the tests, and Kling's side of the account."""

from dataclasses import dataclass, field
from typing import Any

from storage.job import Job, State
from storage.limits import Limits
from storage.money import Learnt, Verdict
from storage.store import JobStore
from storage.unit_limits import UnitLimits
from tests.harness.storage.making import LEASE_S, NOW, make_job

PRICE = 150


def priced(price: int = PRICE, calls: int = 0, **changes: Any) -> Job:
    """Return a job that will reserve this much, in hundredths of a unit."""
    return make_job(units_price=price, units_held=price + calls, **changes)


def limits(**units: Any) -> Limits:
    return Limits(day_starts=NOW // 86_400 * 86_400, units=UnitLimits(**units))


@dataclass
class Account:
    """What Kling has charged so far, by job; the truth that the ledger is compared with."""

    charged: dict[str, int] = field(default_factory=dict)

    def end(self, job: Job, *, ok: bool, units: int | None) -> Verdict:
        """End a task and return what its answer says."""
        cost = units if units is not None else (job.units_price or 0) if ok else 0
        self.charged[job.id] = cost
        return Verdict(Learnt.SUCCEEDED if ok else Learnt.FAILED, units)


async def accepted(store: JobStore, job: Job, limit: Limits = Limits()) -> Job:  # noqa: B008 - frozen
    await store.insert(job, limits=limit)
    assert await store.mark_answered(
        job.id, message_id=1, now=job.created_at, due_at=job.created_at
    )
    found = await store.get(job.id)
    assert found is not None
    return found


async def created(store: JobStore, job: Job, *, now: float = NOW) -> Job:
    """Bring this job to `creating`, held."""
    claimed = await store.claim_queued(job.pack, total_slots=99, now=now, lease_s=LEASE_S, limit=99)
    (mine,) = [one for one in claimed if one.id == job.id]
    for one in claimed:
        if one.id != job.id:
            await store.let_go(one)
    return await store.move(
        mine, State.CREATING, now=now, keep=True, create_tries=mine.create_tries + 1, sent_at=now
    )


async def runs(store: JobStore, job: Job, *, now: float = NOW) -> Job:
    """Bring this job to `running`, held."""
    creating = await created(store, job, now=now)
    return await store.move(
        creating, State.RUNNING, now=now, keep=True, task_id=f"task-{job.id}", submitted_at=now
    )
