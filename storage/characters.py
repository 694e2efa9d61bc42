"""Characters: which a member may use, how one is entered, and the deletions that are owed.

A row is deleted in the transaction that owes Kling the deletion of its element; so no element of
ours is ever without a row, and none of somebody else's gets one: ids come from tasks of our jobs.
"""

import itertools
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, delete, func, or_, select, update

from storage.access import Access
from storage.character import NAME_CHARACTERS_MAX, Character, Removal, folded
from storage.character_schema import character_lineage, characters, removals
from storage.job import Job, State
from storage.kinds import Kind
from storage.schema import jobs, lineage
from storage.statements import insert_into

SENT: Final = frozenset({State.CREATING.value, State.RUNNING.value})
BACK: Final = frozenset({State.QUEUED.value, State.WAITING.value})
"""States in which a create may have made an element that no row knows; in the latter, if one was
begun."""
REMOVALS_AT_ONCE: Final = 20
WAIT_MAX_S: Final = 3_600.0
"""No deletion waits longer for its next try."""


@dataclass(frozen=True, slots=True)
class NamesInUse:
    """What a new character has to differ from."""

    own: Collection[str]
    """Folded names of the member's characters, those included that are being made."""
    shared: Collection[str]
    """Folded names of those that are shared in the server."""


class Characters(Access):
    """The part of the store that keeps them."""

    async def characters(self, user_id: int, guild_id: int | None = None) -> list[Character]:
        """Return what a member may use: their own, then those shared in the server, by name."""
        usable = characters.c.user_id == user_id
        if guild_id is not None:
            usable = or_(usable, characters.c.guild_id == guild_id)
        reading = select(characters).where(usable).order_by(characters.c.folded)
        found = await self._connections.read(lambda here: here.execute(reading).all())
        every = [_character(row) for row in found]
        return sorted(every, key=lambda one: one.user_id != user_id)

    async def names_in_use(self, user_id: int, guild_id: int | None) -> NamesInUse:
        """Return the names that a new character of this member can't have."""
        theirs = select(characters.c.folded).where(characters.c.user_id == user_id)
        coming = select(jobs.c.request).where(
            jobs.c.user_id == user_id,
            jobs.c.kind == Kind.CHARACTER.value,
            jobs.c.ended_at.is_(None),
            jobs.c.answered_at.is_not(None),
            jobs.c.state.not_in([State.READY.value, State.POSTING.value]),
        )

        def read(here: Connection) -> NamesInUse:
            own = [*here.execute(theirs).scalars()]
            requests = here.execute(coming).scalars()
            own += [folded(str(one["name"])) for one in requests if isinstance(one, dict)]
            if guild_id is None:
                return NamesInUse(own, ())
            there = select(characters.c.folded).where(characters.c.guild_id == guild_id)
            return NamesInUse(own, [*here.execute(there).scalars()])

        return await self._connections.read(read)

    async def delete_character(self, user_id: int, name: str, *, now: float) -> bool:
        """Delete a member's own character and owe Kling its deletion; False: there is none."""
        this = and_(characters.c.user_id == user_id, characters.c.folded == folded(name))
        return await self._connections.write(lambda here: _remove(here, this, now) > 0)

    async def removals(self, *, now: float) -> list[Removal]:
        """Return the deletions that are due, those that waited longest first."""
        later = removals.c.due_at > now + WAIT_MAX_S  # the clock went back
        due = select(removals).where(or_(removals.c.due_at <= now, later))
        due = due.order_by(removals.c.due_at)
        found = await self._connections.read(
            lambda here: here.execute(due.limit(REMOVALS_AT_ONCE)).mappings().all()
        )
        return [Removal(**row) for row in found]

    async def next_removal_at(self) -> float | None:
        """Return when the next deletion is due (Unix seconds); None: none is owed."""
        asked = select(func.min(removals.c.due_at))
        return await self._connections.read(lambda here: here.execute(asked).scalar_one())

    async def removal_again(
        self, removal: Removal, *, due_at: float, element_id: str | None, told: bool
    ) -> None:
        """Note a try that did not end it, and the id of the element if that was learnt."""
        values = {"due_at": due_at, "element_id": element_id, "told": told}
        again = update(removals).where(removals.c.id == removal.id)
        again = again.values(tries=removals.c.tries + 1, **values)
        await self._connections.write(lambda here: here.execute(again).close())

    async def removal_done(self, removal: Removal) -> None:
        """Note that Kling does not have it any more."""
        this = delete(removals).where(removals.c.id == removal.id)
        await self._connections.write(lambda here: here.execute(this).close())


def enter_character(connection: Connection, job: Job, character: Character) -> str | None:
    """Give the member of a finished job its character, and return the name that it got.

    That has a number where the name was taken meanwhile. None: nobody waits for it any more, or
    a member whose files it shows is being forgotten; its deletion is owed instead.
    """
    dialect = connection.dialect.name
    marked = select(jobs.c.to_forget_since).where(jobs.c.id == job.id)
    to_forget = connection.execute(marked).scalar() is not None
    if job.stopped or job.unwanted or to_forget:
        owed = _removal(character.id, character.element_id, None, job.updated_at)
        _owe(connection, [owed])
        return None
    there = select(characters.c.name).where(characters.c.id == character.id)
    name = connection.execute(there).scalar()
    for number in itertools.count(1):
        if name is not None:
            return str(name)
        numbered = _numbered(character.name, number)
        entering = insert_into(dialect, characters).values(
            id=character.id,
            user_id=character.user_id,
            guild_id=character.guild_id,
            name=numbered,
            folded=folded(numbered),
            description=character.description,
            of_clip=character.of_clip,
            element_id=character.element_id,
            made_at=character.made_at,
        )
        if connection.execute(entering.on_conflict_do_nothing()).rowcount:
            name = numbered
            came_along = select(lineage.c.job_id, lineage.c.user_id)
            whose = came_along.where(lineage.c.job_id == character.id)
            shown = character_lineage.insert()
            connection.execute(shown.from_select(["character_id", "user_id"], whose))
    raise AssertionError


def forget_characters_of_member(
    connection: Connection, user_id: int, *, now: float, until: float
) -> None:
    """Delete the characters that a member had by then, and owe Kling their deletion.

    And those that show the member's files, although the job that made them was deleted by its age.
    """
    of_theirs = select(character_lineage.c.character_id)
    of_theirs = of_theirs.where(character_lineage.c.user_id == user_id)
    theirs = or_(characters.c.user_id == user_id, characters.c.id.in_(of_theirs))
    _remove(connection, and_(theirs, characters.c.made_at <= until), now)


def forget_characters_of_jobs(connection: Connection, job_ids: Sequence[str], now: float) -> None:
    """Delete the characters that these jobs made, and owe Kling their deletion."""
    _remove(connection, characters.c.id.in_(job_ids), now)


def forget_characters_of_server(connection: Connection, guild_id: int) -> None:
    """End the sharing in a server; the characters stay their members'."""
    there = update(characters).where(characters.c.guild_id == guild_id)
    connection.execute(there.values(guild_id=None))


def owe_unfinished(connection: Connection, rows: Sequence[Any], now: float) -> None:
    """Owe the deletion of what these jobs, which are being deleted, may still make at Kling."""
    _owe(
        connection,
        [
            _removal(row["id"], None, row["task_id"], now)
            for row in rows
            if row["kind"] == Kind.CHARACTER.value
            if row["state"] in SENT
            or (row["create_tries"] and (row["state"] in BACK or row["gave_up"]))
        ],
    )


def _remove(connection: Connection, which: ColumnElement[bool], now: float) -> int:
    found = connection.execute(
        select(characters.c.id, characters.c.element_id).where(which).with_for_update()
    ).all()
    _owe(connection, [_removal(row.id, row.element_id, None, now) for row in found])
    these = characters.c.id.in_([row.id for row in found])
    return connection.execute(delete(characters).where(these)).rowcount


def _removal(job_id: str, element_id: str | None, task_id: str | None, now: float) -> Removal:
    return Removal(job_id, element_id, task_id, asked_at=now, due_at=now)


def _owe(connection: Connection, owed: Sequence[Removal]) -> None:
    for one in owed:
        owing = insert_into(connection.dialect.name, removals).values(
            id=one.id,
            element_id=one.element_id,
            task_id=one.task_id,
            asked_at=one.asked_at,
            due_at=one.due_at,
        )
        connection.execute(owing.on_conflict_do_nothing())


def _numbered(name: str, number: int) -> str:
    ending = "" if number == 1 else str(number)
    return name[: NAME_CHARACTERS_MAX - len(ending)] + ending


def _character(row: Any) -> Character:
    return Character(
        id=row.id,
        user_id=row.user_id,
        name=row.name,
        element_id=row.element_id,
        of_clip=row.of_clip,
        made_at=row.made_at,
        guild_id=row.guild_id,
        description=row.description,
    )
