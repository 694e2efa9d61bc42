"""Settles rows whose answer was not recorded: did the member see the card or not?"""

from typing import Final

import structlog

from bot.clock import Clock
from bot.discord.failures import TOKEN_DEAD_CODE
from bot.discord.poster import Poster
from bot.domain.outcomes import problem_outcome
from bot.domain.policy.card import token_alive
from bot.domain.policy.privacy import is_private
from bot.errors import PostImpossible, PostUnclear, Problem
from bot.jobs.claim import Claim
from bot.messages.message import custom_id
from storage.job import Job, State
from storage.store import JobStore

SETTLE_AGAIN_S: Final = 15.0
NOT_FOUND_AGAIN_S: Final = 3.0
"""When the answer is looked for again if only its own address says that it is not there."""
NOT_FOUND_TIMES: Final = 2

log = structlog.get_logger(__name__)


class _NotSure(Exception):
    """The answer's own address says that it is not there, and nothing else can be asked."""


class Reconciler:
    """Step of a row that was committed and then lost track of: a crash, or a lost answer."""

    def __init__(self, store: JobStore, poster: Poster, clock: Clock) -> None:
        self._store = store
        self._poster = poster
        self._clock = clock

    async def settle(self, claim: Claim) -> None:
        """Continue the job if its card is there; delete it if the member saw a failure."""
        job = claim.job
        now = self._clock.now()
        try:
            found = await self._look(job, now)
        except _NotSure:
            looks = job.card.tries + 1
            await claim.save(due_at=now + NOT_FOUND_AGAIN_S, card_tries=looks)
            return
        except PostUnclear:
            await claim.save(due_at=now + SETTLE_AGAIN_S)
            return
        except PostImpossible:
            await self._cannot_know(claim)
            return
        if found is None:
            log.info("settle.not_answered")
            await self._store.withdraw(job.id, now=now)
        else:
            log.info("settle.answered")
            await self._store.mark_answered(job.id, message_id=found, now=now, due_at=now)

    async def _look(self, job: Job, now: float) -> int | None:
        """Return the card's message id, None if it is proven not to be there.

        The answer's own address may say "not found" of a card that is there: a moment too early, or
        on another server than Discord's. So the channel is looked into as well, and where the bot
        can't read it or the card is private, the address is asked a second time.
        """
        mark = custom_id("cancel", job.id)
        token = job.card.token if token_alive(job, now) else None
        not_found = False
        if token is not None:
            try:
                found = await self._poster.read_answer(job.origin.application_id, token, mark)
            except PostImpossible as refusal:
                if refusal.code != TOKEN_DEAD_CODE:
                    raise
            else:
                if found is not None:
                    return found
                not_found = True
        try:
            return await self._in_channel(job, mark)
        except PostImpossible:
            if not not_found:
                raise
            if job.card.tries + 1 < NOT_FOUND_TIMES:
                raise _NotSure from None
            return None

    async def _in_channel(self, job: Job, mark: str) -> int | None:
        if is_private(job):
            raise PostImpossible(0)
        after_id = job.origin.interaction_id
        return await self._poster.find(job.origin.channel_id, mark, after_id=after_id)

    async def _cannot_know(self, claim: Claim) -> None:
        """Nothing was paid; tell the member so wherever they can still be reached.

        One write: otherwise the row would count as unanswered, and anyone could take it.
        """
        log.info("settle.cannot_know")
        await claim.move(
            State.READY,
            outcome=problem_outcome(Problem("interrupted")),
            card_answered_at=self._clock.now(),
            card_message_id=0,
            card_shows=claim.job.card.wants,
            card_due_at=None,
        )
