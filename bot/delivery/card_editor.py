"""Keeps each card true: a difference between what it shows and what it should show is due work."""

from typing import Final

import structlog

from bot.clock import Clock
from bot.delivery.face_pictures import FacePictures
from bot.delivery.folders import Folders
from bot.delivery.patience import wait_after
from bot.delivery.removal import Removal
from bot.discord.poster import Poster
from bot.domain.policy.backoff import backoff_s
from bot.domain.policy.card import CARD_TRIES_MAX, token_alive
from bot.errors import PostHeld, PostImpossible, PostTooLarge, PostUnclear
from bot.jobs.claim import Claim
from bot.jobs.outages import Outages
from bot.messages.cards import Cards, Situation
from bot.messages.message import Message
from storage.job import CARD_GONE, Job, State
from storage.store import JobStore

CARD_AGAIN_FIRST_S: Final = 4.0

log = structlog.get_logger(__name__)


class CardEditor:
    """Step of the cards."""

    def __init__(
        self,
        store: JobStore,
        poster: Poster,
        pictures: FacePictures,
        folders: Folders,
        cards: Cards,
        outages: Outages,
        clock: Clock,
    ) -> None:
        self._store = store
        self._poster = poster
        self._pictures = pictures
        self._cards = cards
        self._outages = outages
        self._clock = clock
        self._removal = Removal(store, poster, folders, clock)

    async def edit(self, claim: Claim) -> None:
        """Edit the card once; if Discord no longer allows it, the bot stops trying for good."""
        job = claim.job
        view = job.card.wants
        if view == CARD_GONE:
            await self._removal.take_out(claim)
            return
        if view == job.card.shows:
            await claim.card_shown(view)
            return
        message = await self._message(job, view)
        try:
            await self._put(job, message)
        except (PostImpossible, PostTooLarge) as refusal:
            log.info("card.closed", reason=type(refusal).__name__)
            await claim.card_closed()
        except PostHeld as held:
            wait_s = wait_after(held, job.card.tries)
            await claim.save(card_due_at=self._clock.now() + wait_s)
        except PostUnclear:
            if job.card.tries + 1 >= CARD_TRIES_MAX:
                log.warning("card.closed", reason="tries")
                await claim.card_closed()
                return
            wait_s = backoff_s(job.card.tries, first_s=CARD_AGAIN_FIRST_S)
            await claim.card_again(self._clock.now() + wait_s)
        else:
            await claim.card_shown(view)

    async def _put(self, job: Job, message: Message) -> None:
        """Prefer the interaction token: it needs no permission and has its own rate limits."""
        message_id = job.card.message_id
        if not message_id:
            raise PostImpossible(0)
        if job.card.token and token_alive(job, self._clock.now()):
            try:
                await self._poster.edit_answer(
                    job.origin.application_id, job.card.token, message_id, message
                )
            except PostImpossible:
                if not job.origin.can_post:
                    raise
            else:
                return
        if not job.origin.can_post:
            raise PostImpossible(0)
        await self._poster.edit_post(job.origin.channel_id, message_id, message)

    async def _message(self, job: Job, view: str) -> Message:
        place = await self._store.place_in_queue(job) if job.state is State.QUEUED else None
        faces = await self._pictures.of(job) if view == "face" else ()
        held = self._outages.holds_job(job)
        return self._cards.card(job, view, Situation(place=place, held=held, faces=faces))
