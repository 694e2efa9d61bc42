"""What is measured of the database: counts and sums, none of them about a person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from sqlalchemy import Connection, func, select, union_all

from storage.access import Access
from storage.kinds import UNITS_SOLD, Pack
from storage.lanes import LANES, Lane
from storage.ledger import ACCOUNT, day_of, key, month_of
from storage.schema import facts, jobs
from storage.sums import sum_of

CHECKED_FACT: Final = "written_at"
"""Written to find out whether the database can be written to."""


class OpenJobs(NamedTuple):
    """How many jobs that have not ended are alike."""

    state: str
    kind: str
    model: str
    jobs: int


@dataclass(frozen=True, slots=True)
class Gauges:
    """One reading. Units are hundredths, by pack."""

    open_jobs: Sequence[OpenJobs]
    oldest_due_s: float
    """How long the row that is due for the longest has waited for its step; 0 if none is due.

    Rows of the queue are not counted: they wait for a slot, not for the loop.
    """
    held: Mapping[str, int]
    """What open jobs reserve, in whatever month they were accepted."""
    spent: Mapping[str, int]
    """What this month's jobs have spent so far."""


_OPEN: Final = (
    select(jobs.c.state, jobs.c.kind, jobs.c.model, func.count())
    .where(jobs.c.ended_at.is_(None))
    .group_by(jobs.c.state, jobs.c.kind, jobs.c.model)
)
_OLDEST: Final = union_all(
    *(
        select(func.min(rows_of.due_at)).where(rows_of.due())
        for lane, rows_of in LANES.items()
        if lane is not Lane.QUEUE
    )
)
_HELD: Final = (
    select(jobs.c.pack, func.sum(jobs.c.units_held))
    .where(jobs.c.units_held > 0)
    .group_by(jobs.c.pack)
)


class Measures(Access):
    """The part of the store that is read by the pages for monitoring."""

    async def gauges(self, *, now: float) -> Gauges:
        """Return what is measured; its cost grows with open jobs and this month's entries only."""
        return await self._connections.read(lambda here: _read(here, now))

    async def check_written(self, *, now: float) -> None:
        """Write something small, durably; raises `StorageUnavailable` if that is not possible."""
        value = str(now)
        noting = self._insert(facts).values(key=CHECKED_FACT, value=value)
        noting = noting.on_conflict_do_update(index_elements=["key"], set_={"value": value})
        await self._connections.write(lambda here: here.execute(noting).close())


def _read(here: Connection, now: float) -> Gauges:
    found: Sequence[float | None] = here.execute(_OLDEST, {"now": now}).scalars().all()
    oldest = [due for due in found if due is not None]
    month = month_of(day_of(now))
    held = {pack: int(units) for pack, units in here.execute(_HELD)}
    return Gauges(
        [OpenJobs(*row) for row in here.execute(_OPEN)],
        max(0.0, now - min(oldest)) if oldest else 0.0,
        {sold.value: sum(held.get(p, 0) for p in Pack if p.units is sold) for sold in UNITS_SOLD},
        {sold.value: sum_of(here, key(ACCOUNT, 0, sold.value, month)).spent for sold in UNITS_SOLD},
    )
