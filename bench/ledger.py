"""What the ledger costs an accepted command: this build beside another one, in pairs.

    python -m bench.ledger --before DIR      DIR: a checkout of the build before

Each child process imports the store of the checkout that it measures. It stores commands in a fresh
SQLite file, one by one and with 200 in flight; this build's file holds 100,000 entries of the
ledger. The two take turns, and a pair gives a ratio.
"""

import argparse
import asyncio
import importlib
import inspect
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from storage.engine import open_database
from storage.job import Card, Job, Kind, Origin, Pack, State, new_job_id
from storage.limits import Limits

PAIRS: Final = 10
ALONE: Final = 300
AT_ONCE: Final = 200
ROUNDS: Final = 16
"""Enough that SQLite checkpoints its log during some of them, in both builds."""
ROWS: Final = 100_000
MEMBERS: Final = 50
RATIO_MAX: Final = 1.10
NOW: Final = 1_800_000_000.0
DAY: Final = "2027-01-15"
ROOM: Final = 10**12
"""A limit that nobody reaches, in hundredths of a unit."""


async def child(place: Path) -> dict[str, float]:
    """Return milliseconds of an insert: p50 and p99, alone and among 200."""
    booked = "units" in inspect.signature(Limits).parameters
    limits = Limits(10**6, 10**6, 2**40, NOW // 86_400 * 86_400)
    if booked:
        # By its name: the checkout before has no such module.
        of_units = importlib.import_module("storage.unit_limits").UnitLimits
        limits = replace(limits, units=of_units(ROOM, ROOM, None, ROOM, warn_percent=80))
    async with open_database(f"sqlite:///{place}/kling.db", owner="bench") as database:
        store = database.jobs
        if booked:
            await fill(store)
        jobs = (_job(number, booked=booked) for number in range(10**9))
        for _ in range(2 * MEMBERS):  # Every total is there, and the caches are warm.
            await store.insert(next(jobs), limits=limits)
        alone = [await _timed(store, next(jobs), limits) for _ in range(ALONE)]
        together: list[float] = []
        for _ in range(ROUNDS):
            asked = [_timed(store, next(jobs), limits) for _ in range(AT_ONCE)]
            together += await asyncio.gather(*asked)
    return {
        "alone_p50": statistics.median(alone),
        "alone_p99": statistics.quantiles(alone, n=100)[98],
        "together_p50": statistics.median(together),
        "together_p99": statistics.quantiles(together, n=100)[98],
    }


async def _timed(store: Any, job: Any, limits: Any) -> float:
    started_s = time.perf_counter()
    await store.insert(job, limits=limits)
    return (time.perf_counter() - started_s) * 1_000


async def fill(store: Any) -> None:
    """Write 100,000 entries of the ledger, of jobs that ended."""
    await store._connections.write(_fill)


def _fill(here: Any) -> None:
    here.exec_driver_sql(
        "INSERT INTO ledger (at, day, user_id, guild_id, job_id, pack, kind, units)"
        " WITH RECURSIVE series (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series LIMIT ?)"
        " SELECT ?, ?, n % ?, 3, 'job' || n, 'image', 'reserved', 1 FROM series",
        (ROWS, NOW, DAY, MEMBERS),
    )


def _job(number: int, *, booked: bool) -> Any:
    origin = Origin(number + 1, 1, number % MEMBERS, 2, 3, "en-GB", True, 1, 1)
    request = {"prompt": "a lighthouse in a storm, oil on canvas, wide brush strokes"}
    state, route = State.QUEUED, "images/generations"
    units: dict[str, Any] = {"units_price": 8, "units_held": 8} if booked else {}
    return Job(
        new_job_id(), Kind.IMAGE, state, origin, Card(), request, route, "kling-v3", Pack.IMAGE, 1,
        NOW, NOW, due_at=NOW, queued_at=NOW, **units,
    )  # fmt: skip


def measured(checkout: Path) -> dict[str, float]:
    """Return what a child process measures of this checkout."""
    with tempfile.TemporaryDirectory(prefix="kling-ledger-") as place:
        run = subprocess.run(
            [sys.executable, __file__, "--child", place],
            cwd=checkout,
            env={**os.environ, "PYTHONPATH": str(checkout)},
            check=True,
            capture_output=True,
            text=True,
        )
    found: dict[str, float] = json.loads(run.stdout)
    return found


def main() -> None:
    """Measure in pairs and print the median ratio of each number, with its interval."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--before", type=Path)
    parser.add_argument("--child", type=Path)
    args = parser.parse_args()
    if args.child is not None:
        print(json.dumps(asyncio.run(child(args.child))))
        return
    here = Path(__file__).parents[1]
    ratios: dict[str, list[float]] = {}
    for pair in range(PAIRS):
        order = (args.before, here) if pair % 2 else (here, args.before)
        found = {checkout: measured(checkout) for checkout in order}
        for name, after_ms in found[here].items():
            ratios.setdefault(name, []).append(after_ms / found[args.before][name])
    for name, of_pairs in ratios.items():
        ordered = sorted(of_pairs)
        print(
            f"{name}: median ratio {statistics.median(ordered):.2f},"
            f" 98 % interval {ordered[1]:.2f} to {ordered[-2]:.2f} (at most {RATIO_MAX})"
        )


if __name__ == "__main__":
    main()
