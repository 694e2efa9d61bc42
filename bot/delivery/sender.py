"""Brings one planned message to an end: delivered, or waiting for pick-up.

Each part keeps its nonce in every form. Within Discord's deduplication window the nonce makes a
repeat harmless; after it, the channel is searched for our own message before anything is sent
again; and if that is impossible, the result waits for pick-up. The venue changes only after a final
refusal.
"""

import math
from dataclasses import replace
from pathlib import Path
from typing import Final

import structlog

from bot.clock import Clock
from bot.delivery.broken_off import BrokenOff, in_another_form, needs_another_form
from bot.delivery.composer import Composer
from bot.delivery.patience import wait_after
from bot.delivery.search import CannotLook, Search
from bot.delivery.upload_limits import NEXT_FORM, UploadLimits
from bot.discord.poster import Poster
from bot.domain.outcomes import outcome_problems
from bot.domain.policy.card import CARD_CLOSED, token_alive
from bot.domain.policy.delivery import WHISPER, next_venue, past_nonce, perhaps_sent, untried
from bot.errors import PostBrokeOff, PostHeld, PostImpossible, PostTooLarge, PostUnclear
from bot.jobs.claim import Claim
from bot.jobs.notices import Notify
from bot.messages.cards import Cards
from bot.meter import NO_METER, Meter
from storage.delivery import SHOWCASE
from storage.job import Delivery, Job, Venue
from storage.store import JobStore

_FIRST_TIME: Final = frozenset({"r", "l"})
"""Kinds of deliveries that show the results for the first time."""
log = structlog.get_logger(__name__)


class NotNow(Exception):
    """Nothing is decided: the same part is tried again later, after a rate limit in `after_s`."""

    def __init__(self, after_s: float | None = None) -> None:
        super().__init__()
        self.after_s = after_s


class Sender:
    """Sends the parts of an outcome, each exactly once."""

    def __init__(
        self,
        store: JobStore,
        poster: Poster,
        composer: Composer,
        limits: UploadLimits,
        cards: Cards,
        clock: Clock,
        notify: Notify,
        meter: Meter = NO_METER,
        restored_at: float = -math.inf,
    ) -> None:
        self._broken_off = BrokenOff(store, notify)
        self._search = Search(poster)
        self._store = store
        self._poster = poster
        self._composer = composer
        self._limits = limits
        self._cards = cards
        self._clock = clock
        self._meter = meter
        self._restored_at = restored_at

    async def send(self, claim: Claim, delivery: Delivery, folder: Path) -> None:
        """Bring one part to an end: delivered, or waiting for pick-up.

        Raises `NotNow`, `DownloadFailed` or `KlingError` if the same part is to be tried later, and
        `ClaimLost`.
        """
        while delivery.told_at is None and delivery.venue is not Venue.PICKUP:
            try:
                delivery = await self._try(claim, delivery, folder)
            except CannotLook:
                log.warning("post.cannot_look", venue=delivery.venue.value)
                delivery = replace(delivery, venue=Venue.PICKUP)
                await self._store.save_delivery(claim.job, delivery)
            except PostTooLarge:
                await self._limits.refused(claim.job, delivery)
                delivery = self._smaller(claim.job, delivery)
                await self._store.save_delivery(claim.job, delivery)
            except PostImpossible as refusal:
                log.info("post.impossible", venue=delivery.venue.value, code=refusal.code)
                delivery = await self._refused(claim, delivery)
            except PostHeld as held:
                raise NotNow(wait_after(held, delivery.tries)) from held
            except PostUnclear as unclear:
                if isinstance(unclear, PostBrokeOff):
                    await self._broken_off.count(claim.job, delivery)
                raise NotNow from unclear

    async def _try(self, claim: Claim, delivery: Delivery, folder: Path) -> Delivery:
        if needs_another_form(delivery):
            return await self._in_another_form(claim.job, delivery)
        if delivery.kind == WHISPER and delivery.venue is Venue.ANSWER:
            return await self._whisper(claim, delivery)
        if delivery.venue is Venue.ANSWER:
            return await self._edit_answer(claim, delivery, folder)
        return await self._post(claim, delivery, folder)

    async def _in_another_form(self, job: Job, delivery: Delivery) -> Delivery:
        """Return the part delivered after all, or in its next form."""
        if delivery.venue is not Venue.ANSWER and delivery.channel_id is not None:
            found = await self._search.look(job, delivery, delivery.channel_id)
            if found is not None:
                return await self._told(job, delivery, found)
        changed = in_another_form(delivery)
        log.warning("post.broke_off", tag=changed.tag, form=changed.form.value)
        await self._store.save_delivery(job, changed)
        return changed

    async def _post(self, claim: Claim, delivery: Delivery, folder: Path) -> Delivery:
        channel_id = await self._channel(claim.job, delivery)
        delivery = await self._looked_for(claim.job, replace(delivery, channel_id=channel_id))
        if delivery.told_at is not None:
            return delivery
        message, delivery = await self._composer.message(claim, delivery, folder)
        # Composing may have taken longer than the nonce of an earlier try is valid.
        delivery = await self._looked_for(claim.job, delivery)
        if delivery.told_at is not None:
            return delivery
        there = await self._poster.time()
        before, delivery = delivery, await self._about_to_send(claim.job, delivery, there)
        beside_card = delivery.venue is Venue.CHANNEL and delivery.kind != SHOWCASE
        try:
            message_id = await self._poster.post(
                channel_id,
                message,
                nonce=delivery.nonce,
                reply_to=(claim.job.card.message_id or None) if beside_card else None,
                in_time=lambda: not self._past_nonce(delivery),
            )
        except PostHeld:  # the try that was recorded was none: there is nothing to look for
            await self._store.save_delivery(claim.job, before)
            raise
        return await self._told(claim.job, delivery, message_id)

    async def _refused(self, claim: Claim, delivery: Delivery) -> Delivery:
        """Return the part delivered, moved on, or for pick-up, after a final refusal.

        The refusal concerns only the last try: an earlier one whose response was lost may have
        arrived, and then nothing is sent anywhere else.
        """
        try:
            found = await self._search.found(claim.job, delivery) if delivery.tries else None
        except PostUnclear as unclear:
            raise NotNow from unclear
        except CannotLook:
            log.warning("post.cannot_look", venue=delivery.venue.value)
            moved = replace(delivery, venue=Venue.PICKUP)
        else:
            if found is not None:
                if delivery.venue is Venue.ANSWER:  # the card itself
                    await self._close_card(claim)  # otherwise it would be edited back into a card
                return await self._told(claim.job, delivery, found)
            moved = self._elsewhere(claim.job, delivery)
        await self._store.save_delivery(claim.job, moved)
        return moved

    async def _about_to_send(
        self, job: Job, delivery: Delivery, there: float | None = None
    ) -> Delivery:
        """Record that the part may be there from now on, in Discord's time; raises `ClaimLost`."""
        now = self._clock.now()
        tried = replace(delivery, tries=delivery.tries + 1, last_tried_there=there)
        if delivery.first_tried_at is None:
            tried = replace(tried, first_tried_at=now, first_tried_there=there)
        await self._store.save_delivery(job, tried, now=now)
        return tried

    async def _looked_for(self, job: Job, delivery: Delivery) -> Delivery:
        """Return the part delivered if an earlier try turns out to be there, or free to be sent."""
        if delivery.channel_id is None or delivery.first_tried_at is None:
            return delivery
        await self._poster.time()
        if not self._past_nonce(delivery):
            return delivery
        found = await self._search.look(job, delivery, delivery.channel_id)
        if found is not None:
            return await self._told(job, delivery, found)
        return untried(delivery)

    def _past_nonce(self, delivery: Delivery) -> bool:
        return past_nonce(delivery, self._clock.now(), self._poster.time_at_least())

    async def _edit_answer(self, claim: Claim, delivery: Delivery, folder: Path) -> Delivery:
        """Put the outcome into the answer: repeating an edit changes nothing.

        The try is recorded all the same: once the token has expired, it says that the answer may
        already carry the result.
        """
        message_id, token = self._answer_to_edit(claim.job, delivery)
        planned = await self._store.deliveries(claim.job.id)
        alone = len([d for d in planned if d.kind == delivery.kind]) == 1
        if not (token and message_id and alone):
            raise PostImpossible(0)
        message, delivery = await self._composer.message(claim, delivery, folder)
        before, delivery = delivery, await self._about_to_send(claim.job, delivery)
        try:
            await self._poster.edit_answer(
                claim.job.origin.application_id, token, message_id, message
            )
        except PostHeld:
            await self._store.save_delivery(claim.job, before)
            raise
        if delivery.token is None:
            await self._close_card(claim)
        return await self._told(claim.job, delivery, message_id)

    def _answer_to_edit(self, job: Job, delivery: Delivery) -> tuple[int | None, str | None]:
        """Return the answer for a part and its token: the card, or that of a later press."""
        now = self._clock.now()
        if delivery.token is not None:
            alive = now < (delivery.token_until or 0.0)
            return delivery.message_id, delivery.token if alive else None
        return job.card.message_id, job.card.token if token_alive(job, now) else None

    async def _whisper(self, claim: Claim, delivery: Delivery) -> Delivery:
        """Tell the member a refusal privately and remove the card.

        A whisper has no nonce: one that may have been sent is not sent again; the card shows it
        instead. Without a living token and an editable card, it goes elsewhere.
        """
        job, origin = claim.job, claim.job.origin
        message_id, token = job.card.message_id, job.card.token
        alive = token is not None and bool(message_id) and token_alive(job, self._clock.now())
        if delivery.tries and (alive or origin.can_post):
            return await self._told(job, delivery, message_id or 0)
        if not (alive and token and message_id):
            raise PostImpossible(0)
        before, delivery = delivery, await self._about_to_send(job, delivery)
        text = self._cards.problem_lines(outcome_problems(job.outcome), origin.locale)
        try:
            await self._poster.whisper(origin.application_id, token, text)
        except PostHeld:
            await self._store.save_delivery(job, before)
            raise
        try:
            await self._poster.delete_answer(origin.application_id, token, message_id)
        except (PostImpossible, PostUnclear):
            log.info("whisper.card_stays")
        else:
            await self._close_card(claim)
        return await self._told(claim.job, delivery, message_id)

    async def _close_card(self, claim: Claim) -> None:
        await claim.save(keep=True, card_shows=CARD_CLOSED, card_due_at=None)

    async def _channel(self, job: Job, delivery: Delivery) -> int:
        if delivery.kind == SHOWCASE and delivery.channel_id is not None:
            return delivery.channel_id
        if delivery.venue is Venue.CHANNEL:
            return job.origin.channel_id
        return delivery.channel_id or await self._poster.open_dm(job.origin.user_id)

    def _smaller(self, job: Job, delivery: Delivery) -> Delivery:
        following = NEXT_FORM.get(delivery.form)
        if following is None or not delivery.items:
            return self._elsewhere(job, delivery)
        return replace(delivery, form=following)

    def _elsewhere(self, job: Job, delivery: Delivery) -> Delivery:
        """The earlier send is known to have failed: the next venue has its own window.

        A copy of the database does not know whether it was sent there after the copy was made.
        """
        venue = next_venue(delivery, can_post=job.origin.can_post)
        moved = replace(
            untried(delivery),
            venue=venue,
            token=None,
            channel_id=None,
            message_id=None,
            tries=0,
            broke_off=0,
        )
        if job.created_at > self._restored_at:
            return moved
        return perhaps_sent(moved, job.origin.channel_id)

    async def _told(self, job: Job, delivery: Delivery, message_id: int) -> Delivery:
        now = self._clock.now()
        told = replace(delivery, message_id=message_id, token=None, told_at=now)
        await self._store.save_delivery(job, told)
        if told.items and told.kind in _FIRST_TIME and job.finished_at is not None:
            self._meter.visible(now - job.finished_at)
        log.info("post.told", tag=told.tag, venue=told.venue.value, form=told.form.value)
        return told
