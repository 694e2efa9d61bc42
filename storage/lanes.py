"""Lanes: which rows belong to which lane, and how the loop finds the due ones.

Every search here is one step or a short scan in an index that contains no ended jobs; a test checks
the plans of both databases.
"""

import enum
import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import (
    BindParameter,
    Column,
    ColumnElement,
    Double,
    Select,
    and_,
    bindparam,
    case,
    func,
    literal,
    or_,
    select,
    true,
    union_all,
)

from storage.job import Pack, State
from storage.prepared import Prepared
from storage.schema import jobs, turns
from storage.turns import GATHER_S


class Lane(enum.StrEnum):
    """Which rows a claim takes. A row waits in at most one of them, besides `CARD`."""

    SETTLE = "settle"
    """The answer to the command was never recorded."""
    PREPARE = "prepare"
    QUEUE = "queue"
    """Claimed only by `claim_queued`: these rows also need a slot."""
    CREATE = "create"
    """A create whose outcome is unknown after a crash or an unreadable response."""
    POLL = "poll"
    """A running task, or a given-up one that may still deliver a result."""
    TELL = "tell"
    ASK = "ask"
    """A question that times out at `due_at`."""
    CARD = "card"
    """A card that does not show what it should, in any state."""
    SHOW = "show"
    """An ended job whose copy in the showcase is owed."""


NOW: Final = bindparam("now", type_=Double)
BY: Final = bindparam("by", type_=Double)
"""Rows due until then are claimed together with those that are due now."""
FREE: Final = or_(jobs.c.lease_until.is_(None), jobs.c.lease_until <= NOW)
SET_ASIDE: Final = "set aside"
"""Holds the rows that can't be read, until the next start."""
NOT_SET_ASIDE: Final = jobs.c.lease_owner.is_distinct_from(SET_ASIDE)
_ANSWERED: Final = jobs.c.answered_at.is_not(None)


def in_state(*states: State) -> ColumnElement[bool]:
    """Return the condition that a job is in one of these."""
    return jobs.c.state.in_([state.value for state in states])


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a lane."""

    states: tuple[State, ...]
    """Empty: any."""
    but_only: ColumnElement[bool]
    due_at: Column[float] = jobs.c.due_at

    def belong(self) -> ColumnElement[bool]:
        """Return the condition, for a search by state and due moment."""
        return and_(in_state(*self.states), self.but_only) if self.states else self.but_only

    def belong_among_few(self) -> ColumnElement[bool]:
        """Return the same for a search that another condition keeps short.

        The state is hidden from the planner, which would otherwise use it and scan the whole queue.
        """
        if not self.states:
            return self.but_only
        state = func.coalesce(jobs.c.state, "")
        return and_(state.in_([each.value for each in self.states]), self.but_only)

    def due(self, by: BindParameter[float] = NOW) -> ColumnElement[bool]:
        """Return the condition of the rows that a claim would take now, or together with those."""
        few = self is LANES[Lane.SETTLE] or self is LANES[Lane.SHOW]
        belong = self.belong_among_few() if few else self.belong()
        return and_(belong, self.due_at <= by, FREE)


LANES: Final[Mapping[Lane, Rows]] = {
    Lane.SETTLE: Rows((State.PREPARING, State.QUEUED), jobs.c.answered_at.is_(None)),
    Lane.PREPARE: Rows((State.PREPARING,), _ANSWERED),
    Lane.QUEUE: Rows((State.QUEUED,), _ANSWERED),
    Lane.CREATE: Rows((State.CREATING,), true()),
    Lane.POLL: Rows((State.RUNNING, State.DONE), or_(in_state(State.RUNNING), jobs.c.gave_up)),
    Lane.TELL: Rows((State.READY, State.POSTING), true()),
    Lane.ASK: Rows((State.WAITING,), jobs.c.waits_until.is_not(None)),
    Lane.CARD: Rows((), _ANSWERED, jobs.c.card_due_at),
    Lane.SHOW: Rows((State.DONE,), jobs.c.unwanted.is_(False), jobs.c.show_due_at),
}


@functools.cache
def due_among(lanes: tuple[Lane, ...]) -> Prepared | None:
    """Return the lanes that have a row to claim at `now`, the queue with each pack of such rows.

    Built once, because it runs often.
    """
    looks = []
    for lane in lanes:
        due = LANES[lane].due()
        of_pack = and_(jobs.c.ended_at.is_(None), due)
        for pack in Pack if lane is Lane.QUEUE else (None,):
            row = select(jobs.c.id).where(
                due if pack is None else and_(of_pack, jobs.c.pack == pack.value)
            )
            looks.append(
                select(literal(lane.value), literal("" if pack is None else pack.value)).where(
                    row.exists()
                )
            )
    return Prepared(union_all(*looks)) if looks else None


@functools.cache
def earliest_of(lanes: tuple[Lane, ...]) -> Prepared | None:
    """Return the earliest moments of each lane's free and leased rows; built once too."""
    moments: list[Select[float | None]] = []
    for lane in dict.fromkeys(lanes):
        rows_of = LANES[lane]
        due_at = rows_of.due_at
        for free in _free_rows(lane):
            first = select(due_at).where(free, due_at.is_not(None), FREE)
            moments.append(select(first.order_by(due_at).limit(1).scalar_subquery()))
        held_longer = jobs.c.lease_until > due_at
        moment = case((held_longer, jobs.c.lease_until), else_=due_at)
        leased = and_(jobs.c.lease_until > NOW, rows_of.belong_among_few())
        moments.append(select(func.min(moment)).where(leased, due_at.is_not(None)))
        if lane is Lane.QUEUE:
            since = turns.c.gathers_since
            moments.append(select(func.min(since) + GATHER_S).where(since > NOW - GATHER_S))
    return Prepared(union_all(*moments)) if moments else None


def _free_rows(lane: Lane) -> Iterator[ColumnElement[bool]]:
    """Yield the lane's rows by state: the first row of each is one step in the index."""
    rows_of = LANES[lane]
    if lane in {Lane.SETTLE, Lane.CARD, Lane.SHOW}:
        yield rows_of.belong_among_few()
    elif lane is Lane.QUEUE:
        yield and_(rows_of.belong(), rows_of.due_at > NOW)
    else:
        for state in rows_of.states:
            yield and_(in_state(state), rows_of.but_only)
