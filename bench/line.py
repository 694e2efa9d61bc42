"""What the queue costs with 1,000 jobs waiting, by how they are spread over servers and members.

The fastest tenth counts, as for growth. The database is SQLite.
"""

import itertools
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, insert

from bench.amounts import Amount
from bench.growth import NOW, Subject
from storage import rows
from storage.engine import open_database
from storage.job import Card, Job, Pack
from storage.schema import jobs

WAITING: Final = 1_000
SLOTS: Final = 9
CHOICE_MAX_MS: Final = 5.0
CROWDS: Final = {
    "1 server, 1 member": (1, 1),
    "100 servers": (100, 10),
    "1,000 servers": (1_000, 1),
}
"""How many servers, and members in each."""


async def measure(folder: Path, amount: Amount) -> dict[str, Any]:
    """Return milliseconds by crowd and by what is asked."""
    found: dict[str, dict[str, float]] = {}
    for number, (name, (servers, members)) in enumerate(CROWDS.items()):
        url = f"sqlite:///{folder / str(number)}.db"
        async with open_database(url, owner="bench") as database:
            subject = Subject(database.jobs, 0)
            last = await _wait(subject, servers, members)
            found[name] = await _asked(subject, last, amount.growth_rounds // 4)
    return {"waiting": WAITING, "p10_ms": found}


async def _wait(subject: Subject, servers: int, members: int) -> Job:
    places = itertools.cycle(itertools.product(range(members), range(servers)))
    waiting = []
    for number, (member, server) in enumerate(itertools.islice(places, WAITING)):
        job = subject.job()
        origin = replace(job.origin, guild_id=1 + server, user_id=1 + member)
        card = Card(answered_at=NOW)
        waiting.append(replace(job, origin=origin, card=card, queued_at=NOW - number))

    def write(here: Connection) -> None:
        here.execute(insert(jobs), [rows.job_row(job) for job in waiting])

    await subject.store._connections.write(write)
    return waiting[0]  # the newest


async def _asked(subject: Subject, last: Job, rounds: int) -> dict[str, float]:
    store = subject.store
    questions: dict[str, Callable[[], Awaitable[Any]]] = {
        "whose turn": lambda: store.line_moves(Pack.IMAGE, total_slots=SLOTS, now=NOW),
        "whose turn, all slots in use": lambda: store.line_moves(
            Pack.IMAGE, total_slots=0, now=NOW
        ),
        "place of the last": lambda: store.place_in_queue(last),
    }
    times_s: dict[str, list[float]] = {name: [] for name in questions}
    for _ in range(rounds):
        for name, ask in questions.items():
            started_s = time.perf_counter()
            await ask()
            times_s[name].append(time.perf_counter() - started_s)
    return {name: statistics.quantiles(spent, n=10)[0] * 1e3 for name, spent in times_s.items()}
