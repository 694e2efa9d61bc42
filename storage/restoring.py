"""What a database is told when it comes from a copy: what happened since is not known.

No column marks the rows. The moment is a fact, and what was accepted before it is looked for at
Kling before it is sent, and in Discord before it is posted (`bot.jobs.lanes`, `bot.delivery`).
"""

import math
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, case, delete, func, select, update

from storage.access import Access
from storage.job import Venue
from storage.moving import BY_RESTORE, FROM_FACT
from storage.schema import call_shares, deliveries, drafts, facts, jobs, roles
from storage.statements import insert_into
from storage.updates import RELEASED

RESTORED_FACT: Final = "restored_at"
"""When a copy was last put in place of the database, in Unix seconds."""
COPIED_FACT: Final = "copied_at"
"""When a copy was made, stored in the copy."""
_CHANNEL: Final = (
    select(jobs.c.channel_id).where(jobs.c.id == deliveries.c.job_id).scalar_subquery()
)
LONG_AGO: Final = 0.0
CARD_CLOSED: Final = "closed"
"""What a card shows that can't be edited any more; `bot.domain.policy.card` sets it."""


@dataclass(frozen=True, slots=True)
class Marked:
    """What was found in a copy."""

    by_state: dict[str, int]
    """Jobs that have not ended."""
    owed: int
    """Messages that may have been posted since the copy was made."""
    copied_at: float | None
    """Unix seconds; None if the copy does not say."""


class Restoring(Access):
    """The part of the store that is used once, before the bot starts from a copy."""

    async def mark_restored(self, *, now: float) -> Marked:
        """Record that everything up to now may have gone on without this database.

        Messages that are owed count as sent long ago, cards as showing something else. Questions
        about prices are gone, and what the processes of then had leased. From here on the database
        can be started.
        """
        return await self._connections.write(lambda here: _mark(here, now))

    async def restored_at(self) -> float:
        """Return when a copy was last put in place, in Unix seconds; -inf for never."""
        asked = select(facts.c.value).where(facts.c.key == RESTORED_FACT)
        found = await self._connections.read(lambda here: here.execute(asked).scalar_one_or_none())
        return -math.inf if found is None else float(found)


def _mark(here: Connection, now: float) -> Marked:
    noting = insert_into(here.dialect.name, facts).values(key=RESTORED_FACT, value=str(now))
    here.execute(
        noting.on_conflict_do_update(index_elements=["key"], set_={"value": str(now)})
    ).close()
    owed = here.execute(
        update(deliveries)
        .where(deliveries.c.told_at.is_(None))
        .values(
            tries=case((deliveries.c.tries > 0, deliveries.c.tries), else_=1),
            first_tried_at=LONG_AGO,
            first_tried_there=None,
            last_tried_there=None,
            channel_id=case(
                (deliveries.c.venue == Venue.CHANNEL.value, _CHANNEL), else_=deliveries.c.channel_id
            ),
        )
    ).rowcount
    here.execute(update(jobs).where(jobs.c.lease_until.is_not(None)).values(RELEASED)).close()
    here.execute(
        update(jobs)
        .where(
            jobs.c.ended_at.is_(None),
            jobs.c.answered_at.is_not(None),
            jobs.c.card_shows != CARD_CLOSED,
        )
        .values(card_shows="", card_due_at=now, card_tries=0)
    ).close()
    here.execute(delete(drafts)).close()
    here.execute(update(roles).values(until=LONG_AGO)).close()
    here.execute(delete(call_shares)).close()
    half = (facts.c.key == FROM_FACT) & (facts.c.value == BY_RESTORE)
    here.execute(delete(facts).where(half)).close()
    counts = select(jobs.c.state, func.count()).where(jobs.c.ended_at.is_(None))
    by_state = {row[0]: row[1] for row in here.execute(counts.group_by(jobs.c.state))}
    copied = here.execute(select(facts.c.value).where(facts.c.key == COPIED_FACT))
    copied_at = copied.scalar_one_or_none()
    return Marked(by_state, owed, None if copied_at is None else float(copied_at))
