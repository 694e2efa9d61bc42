"""What a clock that was ahead has written is put right once the clock is."""

from typing import Any

from sqlalchemy import Column, Connection, insert, select

from storage.schema import hidden, leftovers, places, removals, slots_kept
from storage.store import JobStore
from storage.waits import Longest
from tests.harness.storage.making import LEASE_S, NOW, make_job

HOUR_S = 3_600.0
KEPT_S = 1_200.0
LATER = NOW + HOUR_S


async def cut(store: JobStore) -> int:
    return await store.cut_waits(Longest(60.0, 24 * HOUR_S, LEASE_S, KEPT_S), now=NOW)


async def test_slots_of_deleted_jobs_are_kept_no_longer(store: JobStore) -> None:
    """Their tasks have surely ended `slots_kept_s` after they were deleted, whatever the clock."""
    slot = {"pack": "video", "model": "m", "slots": 1}
    ends = {"a": NOW + 60.0, "b": NOW + KEPT_S, "c": LATER + KEPT_S}
    rows = [{**slot, "job_id": job_id, "until": until} for job_id, until in ends.items()]
    await store._connections.write(lambda here: here.execute(insert(slots_kept), rows).close())
    assert await cut(store) == 1

    def kept(here: Connection) -> dict[str, float]:
        return {row.job_id: row.until for row in here.execute(select(slots_kept))}

    assert await store._connections.read(kept) == {**ends, "c": NOW + KEPT_S}


async def test_what_is_to_have_happened_later_happened_now(store: JobStore) -> None:
    """So that what counts from it, such as a message's way to Discord, is over when it should be.

    That is what is learnt of places, copies and results in Discord, and characters at Kling.
    """
    of_table: dict[Column[float], dict[str, Any]] = {
        places.c.learnt_at: {"pack": "video", "places": 3},
        leftovers.c.first_tried_at: {"part": 0, "channel_id": 1, "after_id": 1, "due_at": NOW},
        hidden.c.asked_at: {"due_at": NOW, "tries": 0},
        removals.c.asked_at: {"due_at": NOW},
    }
    jobs = [make_job(), make_job()]
    for job in jobs:
        await store.insert(job)
    keys = ("model", "job_id", "job_id", "id")

    def write(here: Connection) -> None:
        for (moment, row), key in zip(of_table.items(), keys, strict=True):
            for job, at in zip(jobs, (NOW - HOUR_S, LATER), strict=True):
                full = {**row, key: job.id, moment.name: at}
                here.execute(insert(moment.table).values(full)).close()

    def moments(here: Connection) -> list[list[float]]:
        return [sorted(here.execute(select(moment)).scalars()) for moment in of_table]

    await store._connections.write(write)
    assert await cut(store) == 0
    assert await store._connections.read(moments) == [[NOW - HOUR_S, NOW]] * len(of_table)
