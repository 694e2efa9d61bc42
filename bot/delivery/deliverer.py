"""Delivers every outcome exactly once: plans the messages, then has the unsent ones sent."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Final

import structlog

from bot.clock import Clock
from bot.delivery.composer import Composer
from bot.delivery.results import Results
from bot.delivery.sender import NotNow, Sender
from bot.domain.outcomes import outcome_problems
from bot.domain.policy.backoff import backoff_s
from bot.domain.policy.card import token_alive
from bot.domain.policy.delivery import BESIDE, PICKUP_S, WHISPER, perhaps_sent
from bot.domain.policy.in_vain import Vain, waits_of
from bot.domain.policy.polling import next_follow_up
from bot.domain.policy.privacy import is_private
from bot.errors import DownloadFailed, KlingError
from bot.jobs.claim import Claim
from storage.job import Delivery, Form, Job, State, Venue, WaitsFor
from storage.store import JobStore

RESULT: Final = "r"
LATE: Final = "l"
PROBLEM: Final = "p"
AGAIN: Final = "a"
"""Kinds of a delivery; `AGAIN` is followed by a number."""

log = structlog.get_logger(__name__)


class Deliverer:
    """Step of `ready` and `posting`."""

    def __init__(
        self,
        store: JobStore,
        results: Results,
        composer: Composer,
        sender: Sender,
        clock: Clock,
        restored_at: float = -math.inf,
    ) -> None:
        self._restored_at = restored_at
        self._store = store
        self._results = results
        self._composer = composer
        self._sender = sender
        self._clock = clock

    async def tell(self, claim: Claim) -> None:
        """Deliver the outcome, or leave the rest for a later try."""
        if claim.job.stopped:
            await self._results.drop(claim.job.id)
            await self._done(claim)
            return
        async with self._results.folder(claim.job) as folder:
            try:
                if claim.job.state is State.READY:
                    await self._plan(claim, folder)
                else:
                    await self._regroup(claim, folder)
                await self._send_all(claim, folder)
            except (NotNow, DownloadFailed, KlingError) as reason:
                log.info("tell.later", reason=type(reason).__name__)
                self._results.keep(claim.job, folder)
                await self._later(claim, reason)
                return
        await self._finish(claim)

    # ---- planning -----------------------------------------------------------------------------

    async def _plan(self, claim: Claim, folder: Path) -> None:
        """Store every message before the first is sent."""
        job = claim.job
        venue = Venue.CHANNEL if job.origin.can_post else Venue.ANSWER
        alive = token_alive(job, self._clock.now()) and bool(job.card.message_id)
        if outcome_problems(job.outcome):
            whisper = bool((job.outcome or {}).get("private")) and alive
            kind = WHISPER if whisper else PROBLEM
            rows = [Delivery(job.id, kind, 0, Venue.ANSWER if whisper else venue)]
        else:
            kind = LATE if (job.outcome or {}).get("late") else RESULT
            venue, groups = await self._grouped(claim, folder, venue, alive=alive)
            rows = [Delivery(job.id, kind, part, venue, items) for part, items in enumerate(groups)]
        if job.created_at <= self._restored_at:  # a copy does not know what was posted since
            rows = [perhaps_sent(row, job.origin.channel_id) for row in rows]
        await claim.plan(rows)

    async def _grouped(
        self, claim: Claim, folder: Path, venue: Venue, *, alive: bool
    ) -> tuple[Venue, list[tuple[int, ...]]]:
        """Return where the results go, and which share a message.

        Of a private job an answer holds one message: more of them go by direct message, as all does
        once the answer can't be reached.
        """
        if is_private(claim.job) and venue is Venue.ANSWER:
            if alive and await self._composer.fit_one(claim, folder, venue):
                return venue, [tuple(range(len((claim.job.outcome or {}).get("media", ()))))]
            venue = Venue.DM
        return venue, await self._composer.groups(claim, folder, venue)

    async def _regroup(self, claim: Claim, folder: Path) -> None:
        """Spread what is delivered again over messages as the first time: nothing gets smaller."""
        owed = await self._owed(claim.job)
        if len(owed) != 1 or not _as_one(owed[0]):
            return
        [one] = owed
        groups = await self._composer.groups(claim, folder, one.venue)
        if len(groups) > 1:
            parts = [replace(one, part=part, items=items) for part, items in enumerate(groups)]
            await self._store.split(claim.job, parts, now=self._clock.now())

    async def _send_all(self, claim: Claim, folder: Path) -> None:
        for delivery in await self._owed(claim.job):
            if await claim.is_stopped():
                return
            await self._sender.send(claim, delivery, folder)

    async def _owed(self, job: Job) -> list[Delivery]:
        """Return what is not delivered yet; messages planned later replace those planned before."""
        planned = [d for d in await self._store.deliveries(job.id) if d.kind not in BESIDE]
        return [d for d in planned if d.kind == planned[-1].kind and d.told_at is None]

    # ---- ending -------------------------------------------------------------------------------

    async def _finish(self, claim: Claim) -> None:
        job = claim.job
        if job.stopped or not await self._owed(job):
            await self._done(claim)
            return
        until = self._clock.now() + PICKUP_S
        await claim.move(
            State.WAITING,
            waits_for=WaitsFor.PICKUP,
            waits_until=until,
            waits_then="done",
            due_at=until,
            result_urls=(),
        )

    async def _done(self, claim: Claim) -> None:
        job = claim.job
        follow_up = next_follow_up(job, self._clock.now()) if self._still_open(job) else None
        await claim.move(State.DONE, due_at=follow_up, result_urls=(), sources={}, failures=0)

    def _still_open(self, job: Job) -> bool:
        return bool(outcome_problems(job.outcome))

    async def _later(self, claim: Claim, reason: Exception) -> None:
        job = claim.job
        if isinstance(reason, NotNow) and reason.after_s is not None:
            await claim.save(due_at=self._clock.now() + reason.after_s)
            return
        if not isinstance(reason, NotNow):
            waits = waits_of(job)
            again_at = self._clock.now() + backoff_s(waits.count(Vain.DOWNLOAD))
            in_vain = waits.once_more(Vain.DOWNLOAD).in_vain
            await claim.save(due_at=again_at, in_vain=in_vain)
            return
        again_at = self._clock.now() + backoff_s(job.failures)
        await claim.save(due_at=again_at, failures=job.failures + 1, in_vain={})


def _as_one(delivery: Delivery) -> bool:
    """Tell whether a part carries everything, because a press planned it and it was never sent."""
    again = delivery.kind.startswith(AGAIN) and delivery.part == 0
    untouched = delivery.tries == 0 and delivery.form is Form.AS_IS
    return again and untouched and delivery.venue is not Venue.ANSWER and len(delivery.items) > 1
