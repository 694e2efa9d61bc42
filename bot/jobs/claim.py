"""The job that a step has claimed: the row as last written, and every write of the step."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any, Unpack

from bot.domain.requests import Request, from_json
from bot.jobs.transitions import Transitions
from storage.character import Character
from storage.errors import RowUnreadable
from storage.job import ENDED, Delivery, Job, State
from storage.money import NONE_MADE, Money
from storage.rows import StepChanges


class Claim:
    """One claimed job on its way through one step.

    Each write is made under the job's lease and raises `ClaimLost` if the row was moved or claimed
    elsewhere. The last write of a step releases the row; one with `keep` leaves it to the step's
    next write.
    """

    def __init__(self, job: Job, transitions: Transitions) -> None:
        self._job = job
        self._transitions = transitions

    @property
    def job(self) -> Job:
        """The row as it was claimed, or as the step's last write left it."""
        return self._job

    @cached_property
    def request(self) -> Request:
        """The request; it is written once, so it is parsed once for each step.

        Raises `RowUnreadable` if this version doesn't know its form.
        """
        try:
            return from_json(self._job.kind, self._job.request)
        except (ValueError, TypeError, KeyError, AttributeError) as unknown:  # also no object
            raise RowUnreadable(self._job.id, f"the request: {unknown}") from unknown

    async def move(
        self,
        to: State,
        *,
        keep: bool = False,
        money: Money | None = None,
        character: Character | None = None,
        **changes: Unpack[StepChanges],
    ) -> None:
        """Move the job, due at once unless `due_at` says otherwise.

        `money` is what was learnt about its task, `character` what it made. Raises
        `IllegalTransition` for a programming error.
        """
        self._job = await self._transitions.move(
            self._job, to, keep=keep, money=money, character=character, **changes
        )

    async def refuse(self, outcome: Mapping[str, Any]) -> None:
        """Move the job to `ready` with a refusal: no task was made.

        Its inputs are deleted by the same write.
        """
        self._job = await self._transitions.move(
            self._job, State.READY, drop_inputs=True, money=NONE_MADE, outcome=outcome
        )

    async def save(
        self, *, keep: bool = False, money: Money | None = None, **changes: Unpack[StepChanges]
    ) -> None:
        """Write without moving."""
        self._job = await self._transitions.save(self._job, keep=keep, money=money, **changes)

    async def know_urls(self, urls: tuple[str, ...]) -> None:
        """Have the URLs of the results in the row; that of an ended job keeps none, its copy here.

        They are lost with the step's next write then.
        """
        if self._job.state in ENDED:
            self._job = replace(self._job, result_urls=urls)
        else:
            await self.save(keep=True, result_urls=urls)

    async def plan(self, deliveries: list[Delivery]) -> None:
        """Move the job to `posting` with the messages that it owes; the row is kept."""
        self._job = await self._transitions.plan(self._job, deliveries)

    async def is_stopped(self) -> bool:
        """Tell whether the member stopped following, even a moment ago."""
        if not self._job.stopped and await self._transitions.is_stopped(self._job):
            self._job = replace(self._job, stopped=True)
        return self._job.stopped

    async def card_shown(self, view: str) -> None:
        """Record that the card now shows `view`; by now it may want something else."""
        await self._transitions.card_shown(self._job, view)

    async def card_closed(self) -> None:
        """Record that the card can no longer be edited: it wants nothing more."""
        await self._transitions.card_closed(self._job)

    async def card_again(self, due_at: float) -> None:
        """Record a failed edit of the card and when to try again."""
        await self._transitions.card_again(self._job, due_at)
