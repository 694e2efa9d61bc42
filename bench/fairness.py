"""A day of three servers on one account: who waits how long, by turns and first come first served.

The store and the limits are the product's own; time is that of the simulation, so that a day takes
seconds. Demand is drawn from a seed: members ask in daily waves, and one of the large server's
members asks far more than the others.
"""

import asyncio
import heapq
import math
import random
import statistics
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from bench.amounts import Amount
from bench.fairness_plot import svg
from bench.simulated_job import video_job
from storage.engine import open_database
from storage.errors import UnitsLimitReached
from storage.job import Job, Pack, State
from storage.lanes import Lane
from storage.limits import Limits
from storage.money import Learnt, Verdict
from storage.store import JobStore
from storage.unit_limits import UnitLimits

PLOT: Final = Path(__file__).parents[1] / "docs" / "pictures" / "fairness.svg"
START: Final = 1_800_057_600.0
"""Midnight, UTC."""
DAY_S: Final = 86_400.0
SLOTS: Final = 5
TAKES_S: Final = (180.0, 420.0)
UNITS: Final = 150
"""Hundredths: five seconds of the default model."""
MEMBER_LIMIT: Final = 6_000
"""Hundredths a day: `limits.member_video_units_per_day`."""
SERVERS: Final = {"30 members": 30, "10 members": 10, "1 member": 1}
ASKS_A_DAY: Final = 14
EAGER_ASKS: Final = 60
EAGER: Final = ("30 members", 0)
SEED: Final = 9
LEASE_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Asked:
    """One command: when, by whom, and how long its task will take."""

    at: float
    server: str
    member: int
    takes_s: float


async def measure(folder: Path, _amount: Amount) -> dict[str, Any]:
    """Return waiting times by server for both rules, and units by member."""
    asked = sorted(_demand(random.Random(SEED)), key=lambda one: one.at)
    async with open_database(f"sqlite:///{folder}/kling.db", owner="bench") as database:
        accepted, waits, spent = await _by_turns(database.jobs, asked)
    in_order = _in_order(accepted)
    return {
        "asked": len(asked),
        "accepted": len(accepted),
        "waits_s": {
            name: {"turns": _told(waits[name]), "in order": _told(in_order[name])}
            for name in SERVERS
        },
        "units": {f"{server}, member {member + 1}": n / 100 for (server, member), n in spent},
        "limit_units": MEMBER_LIMIT / 100,
    }


def _demand(dice: random.Random) -> Iterator[Asked]:
    """Yield every command of the day; most come in the evening."""
    for server, members in SERVERS.items():
        for member in range(members):
            count = EAGER_ASKS if (server, member) == EAGER else ASKS_A_DAY
            for _ in range(count):
                at = min(max(dice.gauss(19.0, 3.5), 0.0), 23.9) * 3_600.0
                yield Asked(START + at, server, member, dice.uniform(*TAKES_S))


async def _by_turns(
    store: JobStore, asked: Sequence[Asked]
) -> tuple[list[Asked], dict[str, list[float]], list[tuple[tuple[str, int], int]]]:
    """Play the day through the store: its limits accept, its turns choose."""
    accepted: list[Asked] = []
    waits: dict[str, list[float]] = defaultdict(list)
    spent: Counter[tuple[str, int]] = Counter()
    known: dict[str, Asked] = {}
    ends: list[tuple[float, str]] = []
    waiting = list(reversed(asked))
    while waiting or ends:
        if ends and (not waiting or ends[0][0] <= waiting[-1].at):
            now, _ = heapq.heappop(ends)
            await _end(store, now)
        else:
            one = waiting.pop()
            now = one.at
            job = await _enter(store, one)
            if job is None:
                continue
            accepted.append(one)
            known[job.id] = one
            spent[one.server, one.member] += UNITS
        for job in await store.claim_queued(
            Pack.VIDEO, total_slots=SLOTS, now=now, lease_s=LEASE_S, limit=SLOTS
        ):
            one = known[job.id]
            waits[one.server].append(now - one.at)
            ends_at = now + one.takes_s
            sent = await store.move(job, State.CREATING, now=now, keep=True, create_tries=1)
            await store.move(sent, State.RUNNING, now=now, task_id=job.id, due_at=ends_at)
            heapq.heappush(ends, (ends_at, job.id))
    return accepted, waits, spent.most_common()


async def _enter(store: JobStore, one: Asked) -> Job | None:
    """Ask; None if the member's limit refuses it."""
    number = list(SERVERS).index(one.server) + 1
    now = one.at
    job = video_job(number * 1_000 + one.member, number, now)
    job = replace(job, units_price=UNITS, units_held=UNITS)
    day = now // DAY_S * DAY_S
    limits = Limits(day_starts=day, units=UnitLimits(member=MEMBER_LIMIT))
    try:
        await store.insert(job, limits=limits)
    except UnitsLimitReached:
        return None
    await store.mark_answered(job.id, message_id=1, now=now, due_at=now)
    return job


async def _end(store: JobStore, now: float) -> None:
    """Bring the tasks that have ended to the end of their job."""
    for job in await store.claim(Lane.POLL, now=now, lease_s=LEASE_S, limit=SLOTS):
        ready = await store.move(
            job,
            State.READY,
            now=now,
            keep=True,
            outcome={"media": []},
            money=Verdict(Learnt.SUCCEEDED),
        )
        await store.move(ready, State.DONE, now=now, due_at=None)


def _in_order(accepted: Sequence[Asked]) -> dict[str, list[float]]:
    """Return the waits of the same jobs if whoever asks first goes first."""
    waits: dict[str, list[float]] = defaultdict(list)
    free_at = [0.0] * SLOTS
    for one in accepted:
        at = max(one.at, heapq.heappop(free_at))
        waits[one.server].append(at - one.at)
        heapq.heappush(free_at, at + one.takes_s)
    return waits


def _told(waits_s: Sequence[float]) -> dict[str, float]:
    ordered = sorted(waits_s)
    return {
        "median": statistics.median(ordered),
        "p90": ordered[math.ceil(len(ordered) * 0.9) - 1],
        "longest": ordered[-1],
    }


def main() -> None:
    """Play the day, draw it, and print the table."""
    with tempfile.TemporaryDirectory(prefix="kling-fair-") as place:
        result = asyncio.run(measure(Path(place), Amount()))
    PLOT.write_text(svg(result), encoding="utf-8")
    print(f"{result['asked']} commands, {result['accepted']} accepted; waits in minutes")
    for server, both in result["waits_s"].items():
        for rule, waits in both.items():
            told = ", ".join(f"{name} {seconds / 60:.1f}" for name, seconds in waits.items())
            print(f"  {server}, {rule}: {told}")
    most = max(result["units"].values())
    print(f"units of a member at most {most:.1f}, limit {MEMBER_LIMIT / 100:.0f}")


if __name__ == "__main__":
    main()
