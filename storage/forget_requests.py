"""Members who ask that everything of theirs is deleted: the question, the request, its end.

Each is a row among the drafts, which are no jobs: the question until it is answered, then the
request until it is done, however often the bot is started again, then a trace until the day is over
(limits of a day would otherwise begin anew with every request).
"""

import enum
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, and_, delete, func, insert, select, update

from storage.access import Access
from storage.drafts import forget_drafts_until
from storage.errors import ForgottenToday
from storage.ledger import DAY_S
from storage.schema import drafts, jobs
from storage.statements import take_turn

NEVER: Final = 253_402_300_800.0
"""Unix seconds, the year 10000: a request is open until it is done."""


class Stage(enum.StrEnum):
    """How far it is: the `kind` of its row."""

    QUESTION = "forget"
    REQUEST = "forgetting"
    DONE = "forgotten"


LASTING: Final = (Stage.REQUEST.value, Stage.DONE.value)
"""What the deletion itself does not delete."""


@dataclass(frozen=True, slots=True)
class ForgetRequest:
    """What is to be done."""

    id: str
    user_id: int
    asked_at: float
    """Unix seconds: what was begun later is not meant."""


@dataclass(frozen=True, slots=True)
class Holdings:
    """How much there is of a member."""

    jobs: int
    open_jobs: int


class ForgetRequests(Access):
    """The part of the store that keeps them."""

    async def holdings_of(self, user_id: int) -> Holdings:
        """Return how many jobs a member has, and how many of them have not ended."""
        mine = jobs.c.user_id == user_id
        every = select(func.count()).select_from(jobs).where(mine)
        still = every.where(jobs.c.ended_at.is_(None))
        return await self._connections.read(
            lambda here: Holdings(
                here.execute(every).scalar_one(), here.execute(still).scalar_one()
            )
        )

    async def ask_to_forget(
        self, question_id: str, user_id: int, channel_id: int, *, now: float, until: float
    ) -> None:
        """Store the question before it is shown; it takes the place of an earlier one.

        It counts in no limit of drafts: that everything goes can always be asked for. Raises
        `ForgottenToday`.
        """
        mine = drafts.c.user_id == user_id

        def write(here: Connection) -> None:
            take_turn(here, user_id)
            forget_drafts_until(here, now)
            done = select(drafts.c.until).where(mine, drafts.c.kind == Stage.DONE.value)
            again_at = here.execute(done).scalars().first()
            if again_at is not None:
                raise ForgottenToday(again_at)
            here.execute(delete(drafts).where(mine, drafts.c.kind == Stage.QUESTION.value))
            here.execute(
                insert(drafts).values(
                    id=question_id,
                    user_id=user_id,
                    channel_id=channel_id,
                    kind=Stage.QUESTION.value,
                    request={},
                    variants={},
                    sources={},
                    until=until,
                )
            )

        await self._connections.write(write, urgent=True)

    async def request_forgetting(self, question_id: str, user_id: int, *, now: float) -> bool:
        """Turn the member's open question into a request; False if it is not open."""
        this = and_(
            drafts.c.id == question_id,
            drafts.c.user_id == user_id,
            drafts.c.kind == Stage.QUESTION.value,
            drafts.c.until > now,
        )
        asking = (
            update(drafts)
            .where(this)
            .values(kind=Stage.REQUEST.value, until=NEVER, request={"asked_at": now})
        )
        return await self._connections.write(
            lambda here: here.execute(asking).rowcount > 0, urgent=True
        )

    async def forget_requests(self) -> list[ForgetRequest]:
        """Return what is still to be done."""
        open_ones = select(drafts).where(drafts.c.kind == Stage.REQUEST.value)
        found = await self._connections.read(lambda here: here.execute(open_ones).all())
        return [ForgetRequest(row.id, row.user_id, row.request["asked_at"]) for row in found]


def end_forgetting(connection: Connection, request: ForgetRequest, *, now: float) -> bool:
    """Note that it is done: a trace stays until the UTC day is over. False if it was before."""
    until = now // DAY_S * DAY_S + DAY_S
    still = and_(drafts.c.id == request.id, drafts.c.kind == Stage.REQUEST.value)
    ending = update(drafts).where(still).values(kind=Stage.DONE.value, until=until, request={})
    return connection.execute(ending).rowcount > 0
