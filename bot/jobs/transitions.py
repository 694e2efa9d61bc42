"""Moves a job on, and in the same write records what its card should then show."""

from collections.abc import Sequence
from typing import Unpack

from bot.clock import Clock
from bot.domain.policy.card import CARD_CLOSED, card_changes
from bot.domain.policy.recovery import UnsureChoice, resolve_unsure
from storage.character import Character
from storage.job import ENDED, Delivery, Job, State, WaitsFor
from storage.money import Money
from storage.rows import Changes, StepChanges
from storage.store import JobStore


class Transitions:
    """The one way in which a job moves after it was accepted.

    Steps of the loop write under the job's lease, through their `Claim`; people's decisions are
    compare-and-set.
    """

    def __init__(self, store: JobStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    # ---- steps: all raise `ClaimLost` when somebody else moved the row -------------------------

    async def move(
        self,
        job: Job,
        to: State,
        *,
        keep: bool = False,
        drop_inputs: bool = False,
        money: Money | None = None,
        character: Character | None = None,
        **changes: Unpack[StepChanges],
    ) -> Job:
        """Move the job, due at once unless `due_at` says otherwise; return the fresh row.

        `keep` keeps the lease for the same step's next write; `drop_inputs` deletes what is stored
        for the job by the same write. `money` is what was learnt about its task, and needed where
        there may be one; `character` is what it has made. Raises `IllegalTransition` for a
        programming error.
        """
        now = self._clock.now()
        changes.setdefault("due_at", None if to in ENDED else now)
        card = card_changes(job, to, now, changes)
        return await self._store.move(
            job,
            to,
            now=now,
            keep=keep,
            drop_inputs=drop_inputs,
            money=money,
            character=character,
            **(changes | card),
        )

    async def save(
        self,
        job: Job,
        *,
        keep: bool = False,
        money: Money | None = None,
        **changes: Unpack[StepChanges],
    ) -> Job:
        """Write without moving; return the fresh row."""
        now = self._clock.now()
        card = card_changes(job, job.state, now, changes)
        return await self._store.save(job, now=now, keep=keep, money=money, **(changes | card))

    async def plan(self, job: Job, deliveries: Sequence[Delivery]) -> Job:
        """Move the job to `posting` with the messages that it owes; return the fresh row, kept."""
        return await self._store.plan(job, deliveries, now=self._clock.now(), keep=True)

    async def is_stopped(self, job: Job) -> bool:
        """Tell whether the member has stopped following by now: a press writes beside the lease."""
        fresh = await self._store.get(job.id)
        return fresh is not None and fresh.stopped

    async def card_shown(self, job: Job, view: str) -> None:
        """Record that the card now shows `view`; by now it may want something else."""
        await self._store.card_shown(job, view, now=self._clock.now())

    async def card_closed(self, job: Job) -> None:
        """Record that the card can no longer be edited: it wants nothing more."""
        await self._store.save(
            job, now=self._clock.now(), card_shows=CARD_CLOSED, card_due_at=None, card_tries=0
        )

    async def card_again(self, job: Job, due_at: float) -> None:
        """Record a failed edit of the card and when to try again."""
        await self._store.save(
            job, now=self._clock.now(), card_due_at=due_at, card_tries=job.card.tries + 1
        )

    # ---- people: all return None when it is too late -------------------------------------------

    async def decide(self, job: Job, to: State, **changes: Unpack[Changes]) -> Job | None:
        """Move the job as a person decided, if it is still where the decision was made.

        Due at once unless `due_at` says otherwise; a running step loses its claim.
        """
        now = self._clock.now()
        changes.setdefault("due_at", None if to in ENDED else now)
        card = card_changes(job, to, now, {**changes, "waits_for": None})
        return await self._store.decide(
            job.id,
            from_state=job.state,
            waits_for=job.waits_for,
            to=to,
            now=now,
            **(changes | card),
        )

    async def resolve(self, job: Job, choice: UnsureChoice) -> Job | None:
        """Decide about a create whose outcome can't be known."""
        if job.waits_for is not WaitsFor.UNSURE:
            return None
        to, changes = resolve_unsure(choice, self._clock.now())
        return await self.decide(job, to, **changes)

    async def learn_task(self, job: Job, task_id: str, /, **changes: Unpack[Changes]) -> Job | None:
        """Give the job a task that Kling did not name to it; None also if it is another's.

        None as well if the job has left its state: it may have been sent again.
        """
        now = self._clock.now()
        card = card_changes(job, State.RUNNING, now, {**changes, "waits_for": None})
        return await self._store.learn_task(
            job.id, task_id, now=now, unowned_in=job.state, **(changes | card)
        )

    async def want_gone(self, job: Job) -> Job | None:
        """Note that a job that has ended, or is not followed any more, is to go out of Discord."""
        now = self._clock.now()
        card = card_changes(job, job.state, now, {"unwanted": True, "stopped": True})
        return await self._store.want_gone(job, now=now, **card)

    async def stop(self, job: Job) -> Job | None:
        """Set the flag that nothing is to be posted; a running step keeps its claim."""
        now = self._clock.now()
        card = card_changes(job, job.state, now, {"stopped": True})
        return await self._store.stop_following(job.id, now=now, **card)
