"""What the store takes on a file with few ended jobs and on one with very many, side by side.

The fastest tenth counts: a statement takes under a millisecond, and what else the machine does adds
several to most of them.
"""

import contextlib
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, text

from bench.amounts import Amount
from storage.engine import open_database
from storage.job import Card, Job, Kind, Origin, Pack, State, StoredInput, new_job_id
from storage.lanes import Lane
from storage.limits import Limits
from storage.schema import deliveries, jobs
from storage.sqlite_connections import SqliteConnections
from storage.sqlite_thread import SqliteThread
from storage.store import JobStore

FEW: Final = 100
MANY: Final = 100_000
OPEN: Final = 20
"""Jobs that wait while the loop looks."""
PURGED: Final = 10_000
INPUT_BYTES: Final = 10 * 1024 * 1024
NOW: Final = 1_800_000_000.0
DAY_S: Final = 86_400.0
LEASE_S: Final = 60.0
RATIO_MAX: Final = 1.5
NEXT_DUE_MAX_MS: Final = 1.0
LIST_MAX_MS: Final = 50.0
TURN_MAX_MS: Final = 20.0
SERIES: Final = (
    "WITH RECURSIVE series (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series LIMIT :n)"
)
MEMBER: Final = 7_000_000_000_000_000_001


@dataclass
class Subject:
    """One file and the times of what was asked of it, in seconds by name."""

    store: JobStore
    ended: int
    times_s: dict[str, list[float]] = field(default_factory=dict)
    interactions: int = 0

    async def timed(self, name: str, asked: Awaitable[Any]) -> Any:
        """Return what is awaited, and keep how long it took."""
        started_s = time.perf_counter()
        found = await asked
        self.times_s.setdefault(name, []).append(time.perf_counter() - started_s)
        return found

    def job(self, state: State = State.QUEUED) -> Job:
        """Return a new job, unlike any other."""
        self.interactions += 1
        origin = Origin(self.interactions, 1, MEMBER, 2, 3, "en-GB", True, 1, 1)
        return Job(
            new_job_id(),
            Kind.IMAGE,
            state,
            origin,
            Card(),
            {"prompt": "a lighthouse in a storm, oil on canvas, wide brush strokes"},
            "images/generations",
            "kling-v3",
            Pack.IMAGE,
            1,
            NOW,
            NOW,
            due_at=NOW,
            queued_at=NOW,
        )


async def measure(folder: Path, amount: Amount) -> dict[str, Any]:
    """Return milliseconds by statement for both files, and the longest write turn of a purge."""
    async with _opened(folder, FEW) as few, _opened(folder, MANY) as many:
        pair = [few, many]
        for number in range(amount.growth_rounds):
            for subject in pair if number % 2 else reversed(pair):
                await live(subject)
        times = {
            name: [statistics.quantiles(subject.times_s[name], n=10)[0] * 1e3 for subject in pair]
            for name in few.times_s
        }
        return {"ended": [FEW, MANY], "p10_ms": times, "purge": await _purged(many)}


@contextlib.asynccontextmanager
async def _opened(folder: Path, ended: int) -> AsyncIterator[Subject]:
    async with filled(f"sqlite:///{folder / f'{ended}.db'}", ended) as subject:
        for _ in range(OPEN):
            job = subject.job()
            await subject.store.insert(job)
            await subject.store.mark_answered(job.id, message_id=1, now=NOW, due_at=NOW)
        yield subject


@contextlib.asynccontextmanager
async def filled(url: str, ended: int) -> AsyncIterator[Subject]:
    """Yield a new database with so many ended jobs."""
    async with open_database(url, owner="bench") as database:
        subject = Subject(database.jobs, ended)
        await _fill(subject)
        yield subject


async def _fill(subject: Subject) -> None:
    """Let one job end, and make as many of it as there are to be."""
    store = subject.store
    model = replace(
        subject.job(State.DONE),
        id="a-job-that-ended",
        due_at=None,
        ended_at=NOW - 100 * DAY_S,
        finished_at=NOW,
        submitted_at=NOW,
        outcome={"media": []},
        card=Card(answered_at=NOW),
    )
    await store.insert(model)
    changed = {
        "id": "printf('%016d', n)",
        "interaction_id": "1000000 + n",
        "user_id": f"{MEMBER} + n % 200",
        "created_at": "created_at - n",
        "ended_at": "ended_at + n",
    }
    names = jobs.c.keys()
    values = ", ".join(changed.get(name, name) for name in names)
    told = {
        "job_id": "id",
        "kind": "'r'",
        "part": "0",
        "planned_at": "0",
        "venue": "'channel'",
        "items": "'[0]'",
        "form": "'as_is'",
        "tries": "1",
        "first_tried_at": "0",
        "channel_id": "1",
        "message_id": "1",
        "told_at": "0",
    }
    copying = f"INSERT INTO jobs ({', '.join(names)}) {SERIES} SELECT {values} FROM jobs, series"
    telling = (
        f"INSERT INTO {deliveries.name} ({', '.join(told)})"
        f" SELECT {', '.join(told.values())} FROM jobs"
    )

    def write(here: Connection) -> None:
        here.execute(text(copying), {"n": subject.ended})
        here.execute(text(telling))

    await store._connections.write(write)
    await store._connections.tidy()


async def live(subject: Subject) -> None:
    """Ask everything once that the loop and people ask."""
    store, timed = subject.store, subject.timed
    lanes = list(Lane)
    await timed("next_due", store.next_due(lanes, now=NOW))
    await timed("lanes_due", store.lanes_due(lanes, now=NOW))
    for lane in lanes:
        if lane is not Lane.QUEUE:
            await timed(
                f"claim {lane}, empty", store.claim(lane, now=NOW, lease_s=LEASE_S, limit=4)
            )
    await timed("line_moves", store.line_moves(Pack.IMAGE, total_slots=9, now=NOW))
    new = subject.job()
    await timed("insert", store.insert(new, limits=Limits(10**6, day_starts=NOW)))
    await store.mark_answered(new.id, message_id=1, now=NOW, due_at=NOW)
    queued = store.claim_queued(Pack.IMAGE, total_slots=9, now=NOW, lease_s=LEASE_S, limit=1)
    [job] = await timed("claim_queued", queued)
    await timed("renew", store.renew(job, until=NOW + LEASE_S))
    job = await timed("move to creating", store.move(job, State.CREATING, now=NOW, keep=True))
    job = await store.move(job, State.RUNNING, now=NOW, task_id="t")
    [job] = await timed("claim poll", store.claim(Lane.POLL, now=NOW, lease_s=LEASE_S, limit=4))
    job = await store.move(job, State.READY, now=NOW, keep=True, outcome={"media": []})
    job = await timed("plan", store.plan(job, [], now=NOW))
    await timed("move to done", store.move(job, State.DONE, now=NOW))
    await timed("jobs of a member", store.jobs_and_places_of(MEMBER, limit=25))
    await timed("durations", store.durations("images/generations", "kling-v3"))
    await timed("jobs list", store.list_jobs())


async def _purged(subject: Subject) -> dict[str, Any]:
    """Purge old jobs, one with a large input, and return how long the write turns were held."""
    store = subject.store
    connections = store._connections
    if not isinstance(connections, SqliteConnections):
        raise TypeError("only SQLite has one turn for all writes")
    large = replace(subject.job(State.DONE), ended_at=NOW - 200 * DAY_S, due_at=None)
    picture = StoredInput("image", "image/png", bytes(range(1, 256)) * (INPUT_BYTES // 255))
    await store.insert(large, [picture])
    await connections.tidy()
    writer = connections._writer
    if writer is None:
        raise RuntimeError("a job was inserted")
    turns = _heard(writer)
    started_s = time.perf_counter()
    gone = await store.purge(
        now=NOW, inputs_older_s=7 * DAY_S, jobs_older_s=100 * DAY_S - PURGED + 1
    )
    took_s = time.perf_counter() - started_s
    turns.sort()
    return {
        "jobs": gone,
        "took_s": took_s,
        "turns": len(turns),
        "turn_p50_ms": statistics.median(turns) * 1e3,
        "turn_p99_ms": turns[int(0.99 * len(turns))] * 1e3,
        "turn_max_ms": turns[-1] * 1e3,
    }


def _heard(writer: SqliteThread) -> list[float]:
    """Return a list that fills with the seconds of every turn in the thread that writes."""
    turns: list[float] = []
    run = writer._run

    async def timed(step: Callable[[], Any]) -> Any:
        def go() -> Any:
            started_s = time.perf_counter()
            try:
                return step()
            finally:
                turns.append(time.perf_counter() - started_s)

        return await run(go)

    writer._run = timed  # type: ignore[method-assign]  # it stands in front of the method
    return turns
