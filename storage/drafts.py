"""Drafts: what was asked for and is not accepted yet. They are no jobs."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, and_, delete, func, insert, or_, select

from storage.access import Access
from storage.errors import DraftLimitReached
from storage.job import Kind
from storage.schema import drafts, jobs
from storage.statements import take_turn

DRAFTS_PER_MEMBER_MAX: Final = 20
"""One more that is open is refused."""
FORMS_PER_MEMBER_MAX: Final = 5
"""One more form that was opened takes the place of the oldest."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A request that waits for its member. The job that is made of it takes over the id."""

    id: str
    user_id: int
    channel_id: int
    guild_id: int | None
    kind: Kind
    request: Mapping[str, Any]
    """The request as JSON; `bot.domain.requests` knows its shape."""
    until: float
    """Unix seconds."""
    variants: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """What each permitted variant changes in the request, by its tag."""
    parent_id: str | None = None
    sources: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """The attachments with their URLs: secret."""


class Drafts(Access):
    """The part of the store that keeps drafts."""

    async def put_draft(
        self,
        draft: Draft,
        *,
        now: float,
        at_most: int = DRAFTS_PER_MEMBER_MAX,
        form: str | None = None,
    ) -> None:
        """Store it, before the answer that shows it.

        Raises `DraftLimitReached` if the member has so many already.

        One of the same id, of the same member, is replaced. Drafts whose time is over are deleted,
        whoever they are of. `form`: it is a form that was only opened, which its sources tell under
        this name; of more than `FORMS_PER_MEMBER_MAX` of them the oldest goes.
        """
        theirs = drafts.c.user_id == draft.user_id

        def write(here: Connection) -> None:
            take_turn(here, draft.user_id)
            forget_drafts_until(here, now)
            here.execute(delete(drafts).where(drafts.c.id == draft.id, theirs))
            if form is not None:
                _make_room(here, draft.user_id, form)
            count = here.execute(select(func.count()).select_from(drafts).where(theirs))
            already = count.scalar_one()
            if already >= at_most:
                raise DraftLimitReached(already, at_most)
            here.execute(
                insert(drafts).values(
                    id=draft.id,
                    user_id=draft.user_id,
                    guild_id=draft.guild_id,
                    channel_id=draft.channel_id,
                    kind=draft.kind.value,
                    request=dict(draft.request),
                    variants={tag: dict(change) for tag, change in draft.variants.items()},
                    parent_id=draft.parent_id,
                    sources=dict(draft.sources),
                    until=draft.until,
                )
            )

        await self._connections.write(write, urgent=True)

    async def draft(self, draft_id: str, *, now: float) -> Draft | None:
        """Return the draft, unless its time is over."""
        of_a_job = drafts.c.kind.in_([kind.value for kind in Kind])
        reading = select(drafts).where(drafts.c.id == draft_id, drafts.c.until > now, of_a_job)
        row = await self._connections.read(lambda here: here.execute(reading).one_or_none())
        if row is None:
            return None
        return Draft(
            row.id,
            row.user_id,
            row.channel_id,
            row.guild_id,
            Kind(row.kind),
            row.request,
            row.until,
            row.variants,
            row.parent_id,
            row.sources,
        )

    async def drop_draft(self, draft_id: str) -> None:
        """Delete it; it is fine if it is gone."""
        dropping = delete(drafts).where(drafts.c.id == draft_id)
        await self._connections.write(lambda here: here.execute(dropping).close())


def _make_room(connection: Connection, user_id: int, form: str) -> None:
    """Delete a member's oldest opened forms, so that one more may be."""
    theirs = select(drafts.c.id, drafts.c.sources).where(drafts.c.user_id == user_id)
    found = connection.execute(theirs.order_by(drafts.c.until.desc(), drafts.c.id)).all()
    opened = [row.id for row in found if form in row.sources]
    gone = drafts.c.id.in_(opened[FORMS_PER_MEMBER_MAX - 1 :])
    connection.execute(delete(drafts).where(gone))


def forget_drafts_until(connection: Connection, now: float) -> None:
    """Delete drafts whose time is over."""
    connection.execute(delete(drafts).where(drafts.c.until <= now))


def forget_drafts_of_member(
    connection: Connection, user_id: int, lasting: Collection[str] = ()
) -> None:
    """Delete a member's drafts, and those of others that were made of a job that is gone.

    Those of the kinds in `lasting` stay.
    """
    orphaned = and_(drafts.c.parent_id.is_not(None), drafts.c.parent_id.not_in(select(jobs.c.id)))
    own = and_(drafts.c.user_id == user_id, drafts.c.kind.not_in(lasting))
    connection.execute(delete(drafts).where(or_(own, orphaned)))


def forget_drafts_of_server(connection: Connection, guild_id: int) -> None:
    """Delete the drafts in a server."""
    connection.execute(delete(drafts).where(drafts.c.guild_id == guild_id))
