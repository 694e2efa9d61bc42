"""Moves a job on, and writes down in the same breath what its card should then show."""

from typing import Unpack

from bot.clock import Clock
from bot.domain.policy.card import CARD_CLOSED, card_changes
from storage.job import ENDED, Job, State
from storage.rows import StepChanges
from storage.store import JobStore


class Transitions:
    """The one way in which steps of the loop write; every write is under the job's lease."""

    def __init__(self, store: JobStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def move(
        self, job: Job, to: State, *, keep: bool = False, **changes: Unpack[StepChanges]
    ) -> Job:
        """Move the job, at once due unless `due_at` says otherwise; return the fresh row.

        `keep` keeps the lease for the same step's next write. Raises `ClaimLost` when somebody
        else moved the row, `IllegalTransition` for a mistake in the code.
        """
        now = self._clock.now()
        changes.setdefault("due_at", None if to in ENDED else now)
        card = card_changes(job, to, now, changes)
        return await self._store.move(job, to, now=now, keep=keep, **(changes | card))

    async def save(self, job: Job, *, keep: bool = False, **changes: Unpack[StepChanges]) -> Job:
        """Write without moving; raises `ClaimLost`."""
        now = self._clock.now()
        card = card_changes(job, job.state, now, changes)
        return await self._store.save(job, now=now, keep=keep, **(changes | card))

    async def card_shown(self, job: Job, view: str) -> None:
        """Record that the card now shows `view`; what it wants by now may be something else."""
        await self._store.card_shown(job, view, now=self._clock.now())

    async def card_closed(self, job: Job) -> None:
        """Record that the card can no longer be edited: nothing more is wanted of it."""
        await self._store.save(
            job, now=self._clock.now(), card_shows=CARD_CLOSED, card_due_at=None, card_tries=0
        )

    async def card_again(self, job: Job, due_at: float) -> None:
        """Record a failed try of editing the card and when the next is due."""
        await self._store.save(
            job, now=self._clock.now(), card_due_at=due_at, card_tries=job.card.tries + 1
        )
