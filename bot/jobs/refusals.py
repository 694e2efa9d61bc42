"""Answers a refused command: every problem in words, and what could be started instead.

What is proposed is a draft with the permitted variants, so nothing has to be typed or uploaded
again. A proposal shows its price: pressing it is the answer to that, too.
"""

import asyncio
from typing import Final, Protocol

import structlog

from bot.clock import Clock
from bot.domain.catalogue import Catalogue
from bot.domain.repairs import Repair, change_of, repairs
from bot.domain.rules import check
from bot.domain.rules.changes import is_editable
from bot.errors import BotError, PostError
from bot.jobs.checks import Admission, Asked
from bot.jobs.drafting import draft_of
from bot.jobs.inputs import as_problems
from bot.messages.cards import Cards
from bot.messages.message import Message
from bot.messages.question import Questions
from storage.drafts import Draft
from storage.errors import DraftLimitReached, StorageUnavailable
from storage.store import JobStore

OPEN_REFUSALS_MAX: Final = 10
"""Open drafts of a member up to which a refusal makes one more: questions need room as well."""

log = structlog.get_logger(__name__)


class PrivateAnswer(Protocol):
    """The one answer to an interaction, as far as a refusal needs it."""

    async def privately(self, message: Message) -> int:
        """Send it privately with its controls; `PostImpossible`, `PostUnclear`."""
        ...

    async def private(self, text: str) -> int | None:
        """Send it privately."""
        ...


class Refusals:
    """Tells a member what is wrong, and what can be had."""

    def __init__(
        self,
        store: JobStore,
        catalogue: Catalogue,
        clock: Clock,
        admission: Admission,
        cards: Cards,
        questions: Questions,
        *,
        within_s: float,
    ) -> None:
        self._store = store
        self._catalogue = catalogue
        self._clock = clock
        self._admission = admission
        self._cards = cards
        self._questions = questions
        self._within_s = within_s

    async def tell(self, asked: Asked, error: BotError, answer: PrivateAnswer) -> None:
        """Answer a command that this error refuses."""
        locale = asked.origin.locale
        text = self._cards.problem_lines(as_problems(error), locale)
        proposed = self._repairs(asked, error)
        editable = asked.by_form and is_editable(asked.request.kind)
        kept = bool(proposed) or editable
        draft = await self._kept(asked, proposed) if kept else None
        if draft is None:
            await answer.private(text)
            return
        message = self._questions.repairs(
            draft.id, text, proposed, locale, draft.until, editable=editable
        )
        try:
            await answer.privately(message)
        except PostError as failure:
            log.info("refusal.not_told", reason=str(failure))

    def _repairs(self, asked: Asked, error: BotError) -> dict[str, Repair]:
        """Return what can be proposed: nothing, if a file or the place is what is wrong."""
        slots = (self._admission.slots or {}).get(asked.request.route.pack)
        known = check(self._catalogue, asked.request, asked.offered, slots=slots)
        if not known or any(problem not in known for problem in as_problems(error)):
            return {}
        return repairs(self._catalogue, asked.request, asked.offered, slots=slots)

    async def _kept(self, asked: Asked, proposed: dict[str, Repair]) -> Draft | None:
        """Store the draft before it is shown; None if that is not possible in time."""
        variants = {
            tag: change_of(asked.request, repair.request) for tag, repair in proposed.items()
        }
        draft = draft_of(asked, variants, now=self._clock.now())
        putting = self._store.put_draft(draft, now=self._clock.now(), at_most=OPEN_REFUSALS_MAX)
        try:
            async with asyncio.timeout(self._within_s):
                await putting
        except (TimeoutError, DraftLimitReached):
            return None
        except StorageUnavailable as trouble:
            log.warning("refusal.not_kept", reason=trouble.reason)
            return None
        return draft
