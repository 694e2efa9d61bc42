"""Tells every outcome exactly once: plans the messages, then has those sent that are not told."""

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
from bot.domain.policy.delivery import PICKUP_S, WHISPER
from bot.domain.policy.polling import next_follow_up
from bot.errors import DownloadFailed, KlingError
from bot.jobs.transitions import Transitions
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
        transitions: Transitions,
        clock: Clock,
    ) -> None:
        self._store = store
        self._results = results
        self._composer = composer
        self._sender = sender
        self._transitions = transitions
        self._clock = clock

    async def tell(self, job: Job) -> None:
        """Tell the outcome, or leave the rest for a later try."""
        if job.stopped:
            await self._done(job)
            return
        async with self._results.folder(job) as folder:
            try:
                if job.state is State.READY:
                    job = await self._plan(job, folder)
                else:
                    job = await self._regroup(job, folder)
                job = await self._send_all(job, folder)
            except (NotNow, DownloadFailed, KlingError) as reason:
                log.info("tell.later", reason=type(reason).__name__)
                await self._later(job)
                return
        await self._finish(job)

    # ---- planning -----------------------------------------------------------------------------

    async def _plan(self, job: Job, folder: Path) -> Job:
        """Write every message down before the first is sent."""
        venue = Venue.CHANNEL if job.origin.can_post else Venue.ANSWER
        if outcome_problems(job.outcome):
            alive = token_alive(job, self._clock.now()) and bool(job.card.message_id)
            whisper = bool((job.outcome or {}).get("private")) and alive
            kind = WHISPER if whisper else PROBLEM
            rows = [Delivery(job.id, kind, 0, Venue.ANSWER if whisper else venue)]
        else:
            kind = LATE if (job.outcome or {}).get("late") else RESULT
            job, groups = await self._composer.groups(job, folder, venue)
            rows = [Delivery(job.id, kind, part, venue, items) for part, items in enumerate(groups)]
        return await self._store.plan(job, rows, now=self._clock.now(), keep=True)

    async def _regroup(self, job: Job, folder: Path) -> Job:
        """Spread what is delivered again over messages as the first time: nothing gets smaller."""
        owed = await self._owed(job)
        if len(owed) != 1 or not _as_one(owed[0]):
            return job
        [one] = owed
        job, groups = await self._composer.groups(job, folder, one.venue)
        if len(groups) > 1:
            parts = [replace(one, part=part, items=items) for part, items in enumerate(groups)]
            await self._store.split(job, parts, now=self._clock.now())
        return job

    async def _send_all(self, job: Job, folder: Path) -> Job:
        for delivery in await self._owed(job):
            now_is = await self._store.get(job.id)
            if now_is is not None and now_is.stopped:
                return replace(job, stopped=True)
            job = await self._sender.send(job, delivery, folder)
        return job

    async def _owed(self, job: Job) -> list[Delivery]:
        """Return what is not told yet; messages planned later stand for those planned before."""
        planned = await self._store.deliveries(job.id)
        return [d for d in planned if d.kind == planned[-1].kind and d.told_at is None]

    # ---- ending -------------------------------------------------------------------------------

    async def _finish(self, job: Job) -> None:
        if job.stopped or not await self._owed(job):
            await self._done(job)
            return
        until = self._clock.now() + PICKUP_S
        await self._transitions.move(
            job,
            State.WAITING,
            waits_for=WaitsFor.PICKUP,
            waits_until=until,
            waits_then="done",
            due_at=until,
            result_urls=(),
        )

    async def _done(self, job: Job) -> None:
        follow_up = next_follow_up(job, self._clock.now()) if self._still_open(job) else None
        await self._transitions.move(
            job, State.DONE, due_at=follow_up, result_urls=(), sources={}, failures=0
        )

    def _still_open(self, job: Job) -> bool:
        return bool(outcome_problems(job.outcome))

    async def _later(self, job: Job) -> None:
        again_at = self._clock.now() + backoff_s(job.failures)
        await self._transitions.save(job, due_at=again_at, failures=job.failures + 1)


def _as_one(delivery: Delivery) -> bool:
    """Tell whether a part carries everything because a press planned it, and was never sent."""
    again = delivery.kind.startswith(AGAIN) and delivery.part == 0
    untouched = delivery.tries == 0 and delivery.form is Form.AS_IS
    return again and untouched and delivery.venue is not Venue.ANSWER and len(delivery.items) > 1
