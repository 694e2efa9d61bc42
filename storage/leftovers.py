"""Copies in a showcase whose job was deleted: kept until they are out of Discord.

They hold no id of a member and none of their words.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    delete,
    func,
    literal,
    or_,
    select,
    update,
)

from storage.access import Access
from storage.delivery import SHOWCASE, Delivery, Venue
from storage.schema import deliveries, jobs, leftovers
from storage.statements import insert_into


@dataclass(frozen=True, slots=True)
class Leftover:
    """One copy to be taken out."""

    delivery: Delivery
    channel_id: int
    after_id: int
    """A message that is older than the copy, where its own id is not known."""
    tries: int


class Leftovers(Access):
    """The part of the store that remembers them."""

    async def leftovers_due(self, *, now: float, limit: int) -> list[Leftover]:
        """Return those that are due, longest due first."""
        due = select(leftovers).where(leftovers.c.due_at <= now)
        due = due.order_by(leftovers.c.due_at, leftovers.c.job_id, leftovers.c.part).limit(limit)
        found = await self._connections.read(lambda here: here.execute(due).all())
        return [
            Leftover(
                Delivery(
                    row.job_id,
                    SHOWCASE,
                    row.part,
                    Venue.CHANNEL,
                    first_tried_at=row.first_tried_at,
                    first_tried_there=row.first_tried_there,
                    last_tried_there=row.last_tried_there,
                    channel_id=row.channel_id,
                    message_id=row.message_id,
                ),
                row.channel_id,
                row.after_id,
                row.tries,
            )
            for row in found
        ]

    async def next_leftover_at(self) -> float | None:
        """Return when the next one is due (Unix seconds), None if there is none."""
        first = select(func.min(leftovers.c.due_at))
        return await self._connections.read(lambda here: here.execute(first).scalar_one())

    async def leftover_again(self, one: Leftover, *, due_at: float) -> None:
        """Have it tried again then."""
        later = update(leftovers).where(_this(one)).values(due_at=due_at, tries=one.tries + 1)
        await self._connections.write(lambda here: here.execute(later).close())

    async def leftover_gone(self, one: Leftover) -> None:
        """Forget it: it is not in Discord any more."""
        gone = delete(leftovers).where(_this(one))
        await self._connections.write(lambda here: here.execute(gone).close())


def _this(one: Leftover) -> ColumnElement[bool]:
    return and_(leftovers.c.job_id == one.delivery.job_id, leftovers.c.part == one.delivery.part)


COPY: Final = (
    "job_id",
    "part",
    "channel_id",
    "message_id",
    "after_id",
    "first_tried_at",
    "first_tried_there",
    "last_tried_there",
)
"""The columns that tell where a copy is."""


def copies_of(job_ids: Sequence[str], *, unwanted: bool | None = None) -> Select[Any]:
    """Return where the copies of these jobs are, or may be, as `COPY` names it."""
    made = and_(
        deliveries.c.kind == SHOWCASE,
        deliveries.c.gone_at.is_(None),
        deliveries.c.channel_id.is_not(None),
        or_(deliveries.c.told_at.is_not(None), deliveries.c.tries > 0),
    )
    copies = select(
        deliveries.c.job_id,
        deliveries.c.part,
        deliveries.c.channel_id,
        deliveries.c.message_id,
        func.coalesce(jobs.c.card_message_id, jobs.c.interaction_id).label("after_id"),
        deliveries.c.first_tried_at,
        deliveries.c.first_tried_there,
        deliveries.c.last_tried_there,
    ).join(jobs, jobs.c.id == deliveries.c.job_id)
    copies = copies.where(deliveries.c.job_id.in_(job_ids), made)
    return copies if unwanted is None else copies.where(jobs.c.unwanted.is_(unwanted))


def leave_copies(connection: Connection, copies: Select[Any], *, now: float) -> None:
    """Have these copies taken out: remembered until they are, without whose they were."""
    dialect = connection.dialect.name
    leaving = insert_into(dialect, leftovers)
    due = copies.add_columns(literal(now).label("due_at"))
    connection.execute(leaving.from_select([*COPY, "due_at"], due).on_conflict_do_nothing())
