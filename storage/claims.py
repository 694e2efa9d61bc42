"""Claiming: which rows are due, one process at a time, and when the next row will be due."""

import functools
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    and_,
    bindparam,
    select,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate

from storage.access import Access
from storage.apart import Apart, apart
from storage.connections import POSTGRESQL
from storage.errors import ClaimLost
from storage.holds import NOTHING_HELD, Holds
from storage.job import Job, Pack
from storage.lanes import BY, FREE, LANES, SET_ASIDE, Lane, due_among, earliest_of
from storage.line import SLOT_TURN, SLOTS_IN_USE, ready_line, remember, turn_of
from storage.schema import jobs
from storage.statements import take_turn
from storage.updates import RELEASED

SET_ASIDE_S: Final = 3_650 * 86_400.0
"""How long an unreadable row is leased away: until the next start, in effect."""


class Due(NamedTuple):
    """What has rows to claim: the lanes, and of the queue the packs."""

    lanes: set[Lane]
    packs: set[Pack]


class Claims(Access):
    """The part of the store from which the loop claims its work."""

    async def claim(
        self,
        lane: Lane,
        *,
        now: float,
        lease_s: float,
        limit: int,
        keep: Apart | None = None,
        ahead_s: float = 0.0,
    ) -> list[Job]:
        """Claim at most `limit` due rows of a lane, longest due first, for `lease_s` seconds.

        No other process can claim them until the lease ends or is released. With `keep` the rows
        are of different members (and channels), none of which has one under way, as far as others
        wait. With `ahead_s`, rows that will be due so soon come along, if any row is due now.
        """
        if lane is Lane.QUEUE:
            raise ValueError("rows of the queue need a slot: claim_queued")

        def take(here: Connection) -> list[Job]:
            asked: dict[str, Any] = {"by": now + ahead_s, "most": limit}
            if keep is not None:
                asked = {"chosen": apart(here, lane, keep, now=now, limit=limit)}
                if not asked["chosen"]:
                    return []
            taking = _taking(lane, here.dialect.name, chosen=keep is not None)
            return self._take(here, taking, asked, now=now, until=now + lease_s)

        taken = await self._connections.write(take)
        return sorted(taken, key=lambda job: (_due_at(lane, job), job.id))

    async def claim_queued(
        self,
        pack: Pack,
        *,
        total_slots: int,
        now: float,
        lease_s: float,
        limit: int,
        holds: Holds = NOTHING_HELD,
    ) -> list[Job]:
        """Claim the jobs whose turn it is (`storage.turns`), as far as the free slots allow.

        A job that needs more than all slots together goes when all are free.
        """

        def take(here: Connection) -> list[Job]:
            take_turn(here, SLOT_TURN[pack])
            elsewhere: set[str] = set()
            while True:
                line, room = ready_line(
                    here, pack, total_slots=total_slots, now=now, but=elsewhere, holds=holds
                )
                choice = line.choose(room=room, limit=limit, now=now)
                due_rows = (
                    select(jobs.c.id)
                    .where(jobs.c.id.in_(choice.go), LANES[Lane.QUEUE].belong(), FREE)
                    .with_for_update(skip_locked=True)
                )
                held = here.execute(due_rows, {"now": now}).scalars() if choice.go else ()
                missing = set(choice.go) - set(held)
                if not missing:
                    break
                elsewhere |= missing  # Another lane has just claimed them.
            remember(here, pack, choice.tags, now)
            if not choice.go:
                return []
            turn = turn_of(choice.turns)
            taking = _leasing(due_rows, here.dialect.name).values(turn=turn)
            taken = self._take(here, taking, {}, now=now, until=now + lease_s)
            return sorted(taken, key=lambda job: choice.go.index(job.id))

        return await self._connections.write(take)

    async def line_moves(
        self,
        pack: Pack,
        *,
        total_slots: int,
        now: float,
        holds: Holds = NOTHING_HELD,
    ) -> bool:
        """Tell whether `claim_queued` would change something, without the writer's turn."""

        def look(here: Connection) -> bool:
            line, room = ready_line(
                here, pack, total_slots=total_slots, now=now, but=set(), holds=holds
            )
            return not line.choose(room=room, limit=total_slots, now=now).is_nothing

        return await self._connections.read(look)

    async def slots_in_use(self, pack: Pack) -> int:
        """Return how many slots of the pack are taken by tasks that run or may be running."""
        asked = {"pack": pack.value}
        return await self._connections.read(
            lambda here: here.execute(SLOTS_IN_USE, asked).scalar_one()
        )

    async def next_due(self, lanes: Iterable[Lane], *, now: float) -> float | None:
        """Return the earliest moment at which one of the lanes could have a row; None for never.

        A leased row counts from the end of its lease. A queued row that is already due does not
        count: it waits for a slot, and freeing a slot wakes the loop.
        """
        statement = earliest_of(tuple(lanes))
        if statement is None:
            return None
        found = await self._connections.read(lambda here: statement.rows(here, {"now": now}))
        return min((moment for (moment,) in found if moment is not None), default=None)

    async def lanes_due(self, lanes: Iterable[Lane], *, now: float) -> set[Lane]:
        """Return the lanes that have a row to claim right now, with one cheap read.

        For `QUEUE`, a slot is needed too, which only a claim finds out.
        """
        return (await self.due(lanes, now=now)).lanes

    async def due(self, lanes: Iterable[Lane], *, now: float) -> Due:
        """Return the same, and the packs of the queue's rows."""
        statement = due_among(tuple(dict.fromkeys(lanes)))
        if statement is None:
            return Due(set(), set())
        found = await self._connections.read(lambda here: statement.rows(here, {"now": now}))
        return Due({Lane(lane) for lane, _ in found}, {Pack(pack) for _, pack in found if pack})

    async def renew(self, job: Job, *, until: float) -> None:
        """Hold the row until then (Unix seconds); raises `ClaimLost`."""
        renewing = (
            update(jobs)
            .where(jobs.c.id == job.id, jobs.c.lease_owner == self._owner)
            .values(lease_until=until)
        )
        if not await self._connections.write(lambda here: here.execute(renewing).rowcount):
            raise ClaimLost

    async def set_aside(self, job: Job, *, now: float) -> None:
        """Keep the row away from every lane until the next start: a part of it can't be read."""
        mine = and_(jobs.c.id == job.id, jobs.c.lease_owner == self._owner)
        await self._connections.write(lambda here: _set_aside(here, mine, now))

    async def take_back(self) -> None:
        """Release the rows that were set aside: an update may be able to read them."""
        aside = and_(jobs.c.lease_until.is_not(None), jobs.c.lease_owner == SET_ASIDE)
        releasing = update(jobs).where(aside).values(RELEASED)
        await self._connections.write(lambda here: here.execute(releasing).close())

    async def void_leases(self) -> None:
        """Release every row: for a start that is known to be the only process."""
        voiding = update(jobs).where(jobs.c.lease_until.is_not(None)).values(RELEASED)
        await self._connections.write(lambda here: here.execute(voiding).close())

    def _take(
        self,
        connection: Connection,
        taking: ReturningUpdate[Any],
        asked: Mapping[str, Any],
        *,
        now: float,
        until: float,
    ) -> list[Job]:
        """Lease the rows of the statement and return them."""
        lease = {"lease_owner": self._owner, "lease_until": until}
        found = connection.execute(taking, {**asked, **lease, "now": now}).mappings().all()
        readable = self._readable(found)
        unreadable = {row["id"] for row in found} - {job.id for job in readable}
        if unreadable:
            _set_aside(connection, jobs.c.id.in_(unreadable), now)
        return readable


@functools.cache
def _taking(lane: Lane, dialect: str, *, chosen: bool) -> ReturningUpdate[Any]:
    """Return what leases due rows of a lane, or those that were chosen; built once for each."""
    rows_of = LANES[lane]
    due = select(jobs.c.id)
    if chosen:
        those = jobs.c.id.in_(bindparam("chosen", expanding=True))
        return _leasing(due.where(those, FREE).with_for_update(), dialect)
    due = due.where(rows_of.due(BY)).order_by(rows_of.due_at, jobs.c.id)
    due = due.limit(bindparam("most", type_=Integer)).with_for_update(skip_locked=True)
    return _leasing(due, dialect)


def _leasing(due: Select[str], dialect: str) -> ReturningUpdate[Any]:
    """Return one statement that leases the selected rows and returns them."""
    chosen = due.cte("due")
    if dialect == POSTGRESQL:
        # Otherwise the planner may repeat the select for every row, and lock other rows.
        chosen = chosen.prefix_with("MATERIALIZED")
    return update(jobs).where(jobs.c.id.in_(select(chosen.c.id))).returning(*jobs.c)


def _set_aside(connection: Connection, which: ColumnElement[bool], now: float) -> None:
    away = {"lease_owner": SET_ASIDE, "lease_until": now + SET_ASIDE_S}
    connection.execute(update(jobs).where(which).values(away))


def _due_at(lane: Lane, job: Job) -> float:
    special = {Lane.CARD: job.card.due_at, Lane.SHOW: job.show_due_at}
    due_at = special.get(lane, job.due_at)
    return due_at if due_at is not None else 0.0
