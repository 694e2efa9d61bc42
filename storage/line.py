"""The queue of a pack in the database: who waits, and what is remembered of their turns."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, cast

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    and_,
    bindparam,
    case,
    delete,
    func,
    literal,
    not_,
    or_,
    select,
    type_coerce,
    union_all,
)

from storage import queue_places
from storage.holds import Holds, Places, Waiting
from storage.job import Pack, State, WaitsFor
from storage.lanes import FREE, LANES, NOT_SET_ASIDE, NOW, SET_ASIDE, Lane, in_state
from storage.places import Learnt
from storage.prepared import Prepared
from storage.queue_places import Stands
from storage.rotation import Key
from storage.schema import jobs, slots_kept, turns
from storage.schema import places as learnt
from storage.statements import insert_into
from storage.turns import EVERYBODY, PLACES_COUNTED, Line, Tags

SLOT_TURN: Final[Mapping[Pack, int]] = {Pack.VIDEO: 1, Pack.IMAGE: 2, Pack.AUDIO: 3}
"""Numbers for `take_turn`; no Discord snowflake is that small."""
TURNS_KEPT_S: Final = 86_400.0
"""Tags that were last moved longer ago are forgotten: nothing of that day waits any more."""
_OPEN: Final = jobs.c.ended_at.is_(None)
"""Lets the planner use an index of open jobs."""
_PACK: Final = bindparam("pack", type_=jobs.c.pack.type)
SLOT_HELD: Final = and_(
    _OPEN,
    NOT_SET_ASIDE,
    in_state(State.CREATING, State.RUNNING, State.WAITING),
    jobs.c.gave_up.is_(False),
    or_(
        in_state(State.CREATING),
        and_(in_state(State.RUNNING), jobs.c.finished_at.is_(None)),
        jobs.c.waits_for == WaitsFor.UNSURE.value,
    ),
)
"""A given-up, set-aside or undecided unsure job no longer blocks the queue, nor one whose task has
ended."""
_GOING: Final = and_(
    _OPEN,
    NOT_SET_ASIDE,
    LANES[Lane.QUEUE].belong(),
    jobs.c.lease_until > NOW,
    jobs.c.turn.is_not(None),
)
"""Claimed from the queue, and still there; another lane's lease is on jobs without a turn as well.
"""
_GUILD: Final = func.coalesce(jobs.c.guild_id, 0)
_FLOW: Final = turns.alias("flow")
_MEMBER: Final = turns.alias("member")
_VIRTUAL: Final = (
    select(turns.c.virtual)
    .where(turns.c.pack == _PACK, turns.c.guild_id == 0, turns.c.user_id == 0)
    .scalar_subquery()
)


def _slots(which: ColumnElement[bool]) -> Select[int]:
    return select(func.coalesce(func.sum(jobs.c.slots), 0)).where(which, jobs.c.pack == _PACK)


SLOTS_IN_USE: Final = _slots(SLOT_HELD)
"""How many slots of `pack` are taken by tasks that run or may be running."""


_FLOW_TAGS: Final = and_(
    _FLOW.c.pack == _PACK,
    _FLOW.c.guild_id == _GUILD,
    _FLOW.c.user_id == case((_GUILD == 0, jobs.c.user_id), else_=0),
)
_MEMBER_TAGS: Final = and_(
    _MEMBER.c.pack == _PACK, _MEMBER.c.guild_id == _GUILD, _MEMBER.c.user_id == jobs.c.user_id
)
_JOBS_AND_TAGS: Final = jobs.outerjoin(_FLOW, _FLOW_TAGS).outerjoin(_MEMBER, _MEMBER_TAGS)
_IS_WAITING: Final = and_(_OPEN, NOT_SET_ASIDE, in_state(State.QUEUED), jobs.c.pack == _PACK)
_GOES_FIRST: Final = jobs.alias("goes_first")
_LETS_OTHERS_GO: Final = and_(
    jobs.c.aside.is_(True),
    # It names no column of the outer row, so that a database reads it once and not for each row.
    jobs.c.model.in_(
        select(_GOES_FIRST.c.model).where(
            _GOES_FIRST.c.ended_at.is_(None),
            _GOES_FIRST.c.lease_owner.is_distinct_from(SET_ASIDE),
            _GOES_FIRST.c.state == State.QUEUED.value,
            _GOES_FIRST.c.pack == _PACK,
            _GOES_FIRST.c.aside.is_(False),
        )
    ),
)
_ALL: Final = Prepared(
    select(
        jobs.c.id,
        _GUILD,
        jobs.c.user_id,
        jobs.c.slots,
        jobs.c.turn,
        _FLOW.c.finish,
        _FLOW.c.virtual,
        _MEMBER.c.finish.label("member_finish"),
        _VIRTUAL.label("everybody"),
    )
    .select_from(_JOBS_AND_TAGS)
    .where(_IS_WAITING, not_(_LETS_OTHERS_GO))
    .order_by(func.coalesce(jobs.c.queued_at, 0.0), jobs.c.id)
)
"""Who waits, oldest first, as `storage.queue_places` takes it."""
_MANY: Final = Prepared(select(literal(1)).where(_IS_WAITING).limit(1).offset(PLACES_COUNTED))
_IN_FLIGHT: Final = union_all(
    *(
        select(jobs.c.id, jobs.c.model, jobs.c.slots).where(which, jobs.c.pack == _PACK)
        for which in (SLOT_HELD, _GOING)
    ),
    select(slots_kept.c.job_id, slots_kept.c.model, slots_kept.c.slots).where(
        slots_kept.c.pack == _PACK, slots_kept.c.until > NOW
    ),
).subquery()
"""Jobs whose slots are in use, or will be at any moment: claimed, and still in the queue; and jobs
that were deleted while their task may run on."""
_IN_USE: Final = Prepared(
    select(_IN_FLIGHT.c.model, func.sum(_IN_FLIGHT.c.slots)).group_by(_IN_FLIGHT.c.model)
)
IN_USE_BY_OTHERS: Final = select(func.coalesce(func.sum(_IN_FLIGHT.c.slots), 0)).where(
    _IN_FLIGHT.c.model == bindparam("model"), _IN_FLIGHT.c.id != bindparam("but")
)
"""Slots of `pack` that jobs of the model have at `now`, without one of them."""
_LEARNT: Final = Prepared(
    select(learnt.c.model, learnt.c.places, learnt.c.learnt_at).where(learnt.c.pack == _PACK)
)
_READY: Final = Prepared(
    select(
        jobs.c.id,
        _GUILD,
        jobs.c.user_id,
        jobs.c.slots,
        func.coalesce(jobs.c.queued_at, 0.0),
        jobs.c.turn,
        jobs.c.model,
        jobs.c.units_price,
        # Converting it would make reading every row slower.
        type_coerce(jobs.c.aside, Integer),
        _FLOW.c.finish,
        _FLOW.c.virtual,
        _FLOW.c.gathers_since,
        _MEMBER.c.finish.label("member_finish"),
        _VIRTUAL.label("everybody"),
    )
    .select_from(_JOBS_AND_TAGS)
    .where(_OPEN, LANES[Lane.QUEUE].belong(), jobs.c.pack == _PACK, jobs.c.due_at <= NOW, FREE)
)
"""The jobs that may go now. It is read after the slots in use: a job that moves from the queue to
its slot in between is seen in both, never in none."""
_OF_JOB: Final = len(Waiting._fields)
"""So many columns of it are those of a waiting job."""


def ready_line(
    connection: Connection, pack: Pack, *, total_slots: int, now: float, but: set[str], holds: Holds
) -> tuple[Line, int]:
    """Return those who could go now, without `but`, and how many slots are free for them."""
    asked = {"pack": pack.value, "now": now}
    in_use: dict[str, int] = {row[0]: row[1] for row in _IN_USE.rows(connection, asked)}
    room = total_slots - sum(in_use.values())
    found = _READY.rows(connection, asked) if room > 0 else []  # Usually it is full.
    if not found:
        return Line((), {}), 0
    known = {
        model: Learnt(count, learnt_at).places_at(now)
        for model, count, learnt_at in _LEARNT.rows(connection, asked)
    }
    waiting = [row for row in found if row[0] not in but]
    return _line(waiting, total_slots, holds, Places(known, in_use)), room


def places_of_new(connection: Connection, pack: Pack, of: Collection[str]) -> dict[str, int]:
    """Return their places as `places` does, or `PLACES_COUNTED` + 1 of each if more are waiting."""
    if _MANY.rows(connection, {"pack": pack.value}):
        return dict.fromkeys(of, PLACES_COUNTED + 1)
    return places(connection, pack, of)


def places(connection: Connection, pack: Pack, of: Collection[str]) -> dict[str, int]:
    """Return the place of each of these jobs in the queue of this pack, from 1.

    One that is not in it, or lets all others of its model go first, has the place behind all.
    """
    found = _ALL.rows(connection, {"pack": pack.value})
    # A row of the database unpacks like one of these; making them would take a tenth of the time.
    return queue_places.places(cast("Sequence[Stands]", found), of)


def _line(found: Sequence[Any], total_slots: int, holds: Holds, places_of_models: Places) -> Line:
    tags: dict[Key, Tags] = {}
    waiting = []
    for row in found:
        job = Waiting._make(row[:_OF_JOB])  # Much faster than taking it apart.
        if job.slots > total_slots:
            job = job._replace(slots=total_slots)
        waiting.append(job)
        finish, virtual, since, member_finish, _ = row[_OF_JOB:]
        if member_finish is not None:
            tags[job.guild_id, job.user_id] = Tags(member_finish)
        if finish is not None:
            tags[job.flow] = Tags(finish, virtual, since)
    everybody = found[0][-1] if found else None
    if everybody is not None:
        tags[EVERYBODY] = Tags(virtual=everybody)
    return Line(waiting, tags, holds, places_of_models)


def remember(connection: Connection, pack: Pack, tags: Mapping[Key, Tags], now: float) -> None:
    """Store the tags that changed."""
    if not tags:
        return
    adding = insert_into(connection.dialect.name, turns)
    changed = ("finish", "virtual", "gathers_since", "moved_at")
    adding = adding.on_conflict_do_update(
        index_elements=["pack", "guild_id", "user_id"],
        set_={name: adding.excluded[name] for name in changed},
    )
    connection.execute(
        adding,
        [
            {
                "pack": pack.value,
                "guild_id": guild_id,
                "user_id": user_id,
                "finish": tag.finish,
                "virtual": tag.virtual,
                "gathers_since": tag.gathers_since,
                "moved_at": now,
            }
            for (guild_id, user_id), tag in sorted(tags.items())
        ],
    )


def forget_turns(connection: Connection, now: float) -> None:
    """Delete tags that no longer matter."""
    connection.execute(delete(turns).where(turns.c.moved_at <= now - TURNS_KEPT_S))


def turn_of(going: Mapping[str, float]) -> ColumnElement[Any]:
    """Return the new value of `turn` for the jobs that go: a job keeps the one it has."""
    if not going:
        return jobs.c.turn
    tags = [(jobs.c.id == job_id, literal(tag)) for job_id, tag in going.items()]
    return case(*tags, else_=jobs.c.turn)
