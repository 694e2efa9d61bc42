"""Questions that wait for a person: announced where no card shows them, ended when time is up."""

from pathlib import Path
from typing import Final

import structlog

from bot.clock import Clock
from bot.delivery.sender import NotNow, Sender
from bot.domain.policy.backoff import backoff_s
from bot.domain.policy.questions import QUESTION, announced, to_announce
from bot.jobs.actions import Actions
from bot.jobs.claim import Claim
from bot.jobs.unsure import Unsure
from storage.job import Delivery, Venue, WaitsFor
from storage.store import JobStore

_NO_FILES: Final = Path()
"""An announcement has no results, so no folder is needed."""

log = structlog.get_logger(__name__)


class Asks:
    """Step of `waiting`."""

    def __init__(
        self, store: JobStore, sender: Sender, actions: Actions, unsure: Unsure, clock: Clock
    ) -> None:
        self._store = store
        self._sender = sender
        self._actions = actions
        self._unsure = unsure
        self._clock = clock

    async def look(self, claim: Claim) -> None:
        """Announce the question if that is due, and do what follows if nobody has answered."""
        again_at = await self._announced(claim)
        job, now = claim.job, self._clock.now()
        if job.waits_for is WaitsFor.UNSURE:  # only the operator may decide
            await self._unsure.remind(claim, again_at)
        elif job.waits_for is WaitsFor.FACE and job.waits_until and now < job.waits_until:
            await claim.save(due_at=min(job.waits_until, again_at or job.waits_until))
        else:
            await self._actions.time_out(claim)

    async def _announced(self, claim: Claim) -> float | None:
        """Announce what is to be announced; return when to try again, None if that is over."""
        job, now = claim.job, self._clock.now()
        number = to_announce(job, now)
        if number is None:
            return None
        owed = await self._store.owe(job, Delivery(job.id, QUESTION, number, Venue.DM), now=now)
        try:
            await self._sender.send(claim, owed, _NO_FILES)
        except NotNow as reason:
            log.info("question.later")
            wait_s = backoff_s(job.failures) if reason.after_s is None else reason.after_s
            await claim.save(keep=True, failures=job.failures + 1)
            return now + wait_s
        await claim.save(keep=True, question=announced(job), failures=0)
        return None
