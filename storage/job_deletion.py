"""The one way in which rows of jobs are deleted: what they hold is settled by the same write."""

import enum
from collections.abc import Sequence
from typing import Final

from sqlalchemy import ColumnElement, Connection, Double, delete, literal, select

from storage.characters import forget_characters_of_jobs, owe_unfinished
from storage.job import Pack, State, WaitsFor
from storage.ledger import Pending, Whose, book, day_of
from storage.leftovers import copies_of, leave_copies
from storage.line import SLOT_HELD
from storage.money import amounts_of, forgotten
from storage.schema import jobs, slots_kept
from storage.showcased import keep_copies
from storage.statements import insert_into

_WHAT_COUNTS: Final = (
    jobs.c.id,
    jobs.c.kind,
    jobs.c.create_tries,
    jobs.c.gave_up,
    jobs.c.state,
    jobs.c.waits_for,
    jobs.c.answered_at,
    jobs.c.created_at,
    jobs.c.user_id,
    jobs.c.guild_id,
    jobs.c.pack,
    jobs.c.task_id,
    jobs.c.units_price,
    jobs.c.units_held,
    jobs.c.units_unclear,
    jobs.c.units_spent,
    jobs.c.units_booked,
)
"""Not the whole row: a part of it may be unreadable, and it is to go all the same."""


class Copies(enum.Enum):
    """What becomes of the copies of deleted jobs in a showcase."""

    FORGOTTEN = enum.auto()
    """They stay, and nothing is known of them."""
    KEPT = enum.auto()
    """They stay, and can be taken back; those that were to go anyway still go."""
    TAKEN_OUT = enum.auto()
    """They go out of Discord, and the characters that the jobs made go, too."""


def delete_jobs(
    connection: Connection,
    which: ColumnElement[bool],
    *,
    now: float | None,
    slots_kept_s: float = 0.0,
    copies: Copies = Copies.FORGOTTEN,
) -> int:
    """Delete these jobs and book what becomes of what they hold; return how many.

    Not sent: given back. Sent, or not clear: spent, and the slot counts as taken for so many
    seconds more. None for `now`: booked at their creation.
    """
    found = select(*_WHAT_COUNTS).where(which).order_by(jobs.c.id).with_for_update()
    pending = Pending()
    rows = connection.execute(found).mappings().all()
    for row in rows:
        asked = WaitsFor(row["waits_for"]) if row["waits_for"] in set(WaitsFor) else None
        known = row["state"] in set(State)
        bookings = forgotten(
            amounts_of(row),
            State(row["state"]) if known else State.RUNNING,
            asked,
            answered=row["answered_at"] is not None,
        )
        of = Whose(
            day_of(row["created_at"]),
            row["user_id"],
            row["guild_id"],
            row["id"],
            _paid_in(row["pack"]),
            row["task_id"],
        )
        at = row["created_at"] if now is None else now
        pending.add(of, amounts_of(row), bookings, at)
    book(connection, pending)
    if not rows:
        return 0
    job_ids = [row["id"] for row in rows]
    if copies is Copies.TAKEN_OUT:
        leave_copies(connection, copies_of(job_ids), now=now or 0.0)
        forget_characters_of_jobs(connection, job_ids, now or 0.0)
    elif copies is Copies.KEPT:
        leave_copies(connection, copies_of(job_ids, unwanted=True), now=now or 0.0)
        keep_copies(connection, job_ids)
    owe_unfinished(connection, rows, rows[0]["created_at"] if now is None else now)
    if slots_kept_s and now is not None:
        _keep_slots(connection, job_ids, now + slots_kept_s)
    return connection.execute(delete(jobs).where(jobs.c.id.in_(job_ids))).rowcount


def _paid_in(pack: str) -> str:
    return Pack(pack).units.value if pack in set(Pack) else pack


def _keep_slots(connection: Connection, job_ids: Sequence[str], until: float) -> None:
    """Go on counting the slots that these jobs hold: their tasks can't be stopped."""
    held = select(jobs.c.id, jobs.c.pack, jobs.c.model, jobs.c.slots, literal(until, Double)).where(
        jobs.c.id.in_(job_ids), SLOT_HELD
    )
    keeping = insert_into(connection.dialect.name, slots_kept)
    connection.execute(keeping.from_select(["job_id", "pack", "model", "slots", "until"], held))
