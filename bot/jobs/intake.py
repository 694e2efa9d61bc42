"""Answers a command: checks it, stores the job, sends the card. Nothing is paid here.

The card itself is the answer, so that a refusal can be private. Everything acknowledged is durable
before; a row whose answer was not recorded is settled by `bot.jobs.reconcile`.
"""

import asyncio
import contextlib
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

import structlog

from bot.clock import Clock
from bot.domain.catalogue import Price
from bot.domain.defaulted import noting
from bot.domain.policy.card import TOKEN_LIFE_S, card_view
from bot.domain.policy.privacy import is_private
from bot.domain.requests import ClipTaker, Request, to_json
from bot.domain.units import hundredths
from bot.errors import (
    BotError,
    PostImpossible,
    PostUnclear,
)
from bot.jobs.checks import Admission, Asked, Checks, limit_problem
from bot.jobs.clip_source import kept_url
from bot.jobs.completion import is_looked_for
from bot.jobs.inputs import CLIP, CLIP_SIZE_FACT, SIZES_FACT, notes
from bot.jobs.outages import Outages
from bot.jobs.refusals import Refusals
from bot.messages.cards import Cards, Situation
from bot.messages.message import Message
from bot.messages.translations import Translations
from storage.errors import (
    AlreadyStarted,
    DuplicateInteraction,
    LimitReached,
    ParentForgotten,
    StorageUnavailable,
    UnitsLimitReached,
)
from storage.job import Card, Job, State, StoredInput, new_job_id
from storage.limits import Limits
from storage.store import JobStore
from storage.unit_limits import Full

SETTLE_AFTER_S: Final = 10.0
"""How long an answer may take to be recorded before its row is settled."""
CALLBACK_KEY_BYTES: Final = 24

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class IntakeLimits:
    """How long a member waits for the answer, in seconds. Discord's own limit is 3 s."""

    fetch_s: float = 1.5
    accept_s: float = 2.0
    standing_s: float = 0.8
    """For reading what was set for the place and the member, before all else."""


class Answer(Protocol):
    """The one answer to an interaction."""

    async def public(self, message: Message) -> int:
        """Send it publicly and return its message id; `PostImpossible`, `PostUnclear`."""
        ...

    async def privately(self, message: Message) -> int:
        """Send it with its controls, but privately; returns and raises as `public` does."""
        ...

    async def private(self, text: str) -> int | None:
        """Send it privately and return its id; None if that is no longer possible."""
        ...


class Intake:
    """From command to card."""

    def __init__(
        self,
        store: JobStore,
        checks: Checks,
        cards: Cards,
        words: Translations,
        clock: Clock,
        admission: Admission,
        outages: Outages,
        refusals: Refusals,
        wake: Callable[[], None],
        on_trouble: Callable[[StorageUnavailable], None],
        on_full: Callable[[Sequence[Full]], None],
        *,
        accept_s: float,
    ) -> None:
        self._store = store
        self._cards = cards
        self._words = words
        self._clock = clock
        self._admission = admission
        self._outages = outages
        self._refusals = refusals
        self._wake = wake
        self._on_trouble = on_trouble
        self._on_full = on_full
        self._accept_s = accept_s
        self._checks = checks

    async def submit(self, asked: Asked, answer: Answer) -> Job | None:
        """Answer a command with a card, or privately with every problem.

        Returns the accepted job, or None: then there is no row and nothing will be paid.
        """
        locale = asked.origin.locale
        started = asyncio.get_running_loop().time() if asked.began is None else asked.began
        try:
            stored, fetching = await self._checks.inputs_of(asked)
        except BotError as error:
            await self._refusals.tell(asked, error, answer)
            return None
        price = self._checks.price(asked.request)
        job = self._new_job(asked, price, stored, fetching=fetching)
        limits = self._admission.limits_of(asked, price, job.created_at)
        if CLIP in job.sources and not asked.stored:
            stored = (*stored, kept_url(job.sources[CLIP]))
        left_s = self._accept_s - (asyncio.get_running_loop().time() - started)
        situation: Situation | None = None
        try:
            with self._or_later("intake.storage", job):
                situation = await self._accept(job, stored, limits, left_s)
        except DuplicateInteraction:
            return None
        except LimitReached as reached:
            await answer.private(self._refusal(asked.request, reached, job))
            self._tell_of_limits()
            return None
        except (AlreadyStarted, ParentForgotten) as gone:
            started_before = isinstance(gone, AlreadyStarted)
            key = "answer.already_started" if started_before else "answer.not_found"
            await answer.private(self._words.say(key, locale))
            return None
        if situation is None:
            await self.busy(answer, locale)
            return None
        return await self._answer(job, situation, answer)

    async def busy(self, answer: Answer, locale: str) -> None:
        """Tell the member that nothing was accepted, because the database was not in time."""
        await answer.private(self._words.say("busy", locale))

    def in_trouble(self, trouble: StorageUnavailable) -> None:
        """Tell the operator that the database can't be used."""
        self._on_trouble(trouble)

    def serves(self, guild_id: int | None) -> bool:
        """Tell whether commands from this server are accepted; None stands for direct messages."""
        return self._checks.serves(guild_id)

    async def _accept(
        self, job: Job, stored: Sequence[StoredInput], limits: Limits, left_s: float
    ) -> Situation | None:
        """Store the row; None if that took too long, and then the row is withdrawn."""
        inserting = asyncio.ensure_future(self._store.insert(job, stored, limits=limits))
        done, _ = await asyncio.wait({inserting}, timeout=max(0.0, left_s))
        if done:
            held = self._outages.holds_job(job)
            return Situation(place=inserting.result(), held=held)
        withdrawing = asyncio.ensure_future(self._withdraw_after(inserting, job))
        withdrawing.add_done_callback(_retrieve)
        return None

    def _refusal(self, request: Request, reached: LimitReached, job: Job) -> str:
        """Return what the member reads about a limit, and what would still fit."""
        locale = job.origin.locale
        text = self._cards.problem_lines([limit_problem(reached, job.created_at)], locale)
        if not isinstance(reached, UnitsLimitReached):
            return text
        left = reached.limit - reached.used
        lines = [text]
        if reached.price > max(reached.limit, left):
            lines.append(self._cards.above_limit(locale))
        if self._checks.price(request).at_most:
            lines.append(self._cards.price_at_most(locale))
        fitting = self._checks.still_fits(request, left)
        if fitting is not None:
            lines.append(self._cards.fits(fitting, locale))
        return "\n".join(lines)

    async def _withdraw_after(self, inserting: "asyncio.Future[int | None]", job: Job) -> None:
        known = contextlib.suppress(
            DuplicateInteraction, AlreadyStarted, LimitReached, ParentForgotten
        )
        with self._or_later("intake.storage", job), known:
            await inserting
            await self._store.withdraw(job.id, now=self._clock.now())

    async def _answer(self, job: Job, situation: Situation, answer: Answer) -> Job | None:
        card = self._cards.card(job, job.card.wants, situation)
        send = answer.privately if is_private(job) else answer.public
        try:
            message_id = await send(card)
        except PostImpossible:
            log.info("answer.refused", job_id=job.id)
            with self._or_later("answer.not_withdrawn", job):
                await self._store.withdraw(job.id, now=self._clock.now())
            return None
        except PostUnclear:
            log.warning("answer.unclear", job_id=job.id)
            self._wake()
            return None
        now = self._clock.now()
        with self._or_later("answer.not_recorded", job):
            await self._store.mark_answered(job.id, message_id=message_id, now=now, due_at=now)
        self._tell_of_limits()
        log.info("job.accepted", job_id=job.id, kind=job.kind.value, model=job.model)
        self._wake()
        return job

    def _tell_of_limits(self) -> None:
        """Report limits that are nearly or wholly used up; nothing waits for this."""
        full = self._store.newly_full()
        if full:
            self._on_full(full)

    @contextlib.contextmanager
    def _or_later(self, event: str, job: Job) -> Iterator[None]:
        """Continue if the database can't be used: a row without an answer is settled later."""
        try:
            yield
        except StorageUnavailable as trouble:
            log.warning(event, job_id=job.id, reason=trouble.reason, detail=trouble.detail)
            self._on_trouble(trouble)

    def _new_job(
        self, asked: Asked, price: Price, stored: Sequence[StoredInput], *, fetching: bool
    ) -> Job:
        now = self._clock.now()
        request = asked.request
        held = hundredths(price.units)
        sources = {one.name: one.url for one in asked.offered.values() if fetching}
        if isinstance(request, ClipTaker) and request.video_url:
            sources[CLIP] = request.video_url
        question: dict[str, Any] = {"notes": notes(stored)}
        if fetching:
            question[SIZES_FACT] = {one.name: one.size_bytes for one in asked.offered.values()}
        if CLIP in asked.offered:
            question[CLIP_SIZE_FACT] = asked.offered[CLIP].size_bytes
        ready = not fetching and not is_looked_for(request)
        job = Job(
            id=asked.job_id or new_job_id(),
            kind=request.kind,
            state=State.QUEUED if ready else State.PREPARING,
            origin=replace(asked.origin, can_post=asked.origin.can_post and not request.private),
            card=Card(token=asked.token, token_until=now + TOKEN_LIFE_S),
            request=noting(to_json(request), asked.defaulted),
            route=request.route.value,
            model=request.model,
            pack=request.route.pack,
            slots=request.slots,
            created_at=now,
            updated_at=now,
            due_at=now + SETTLE_AFTER_S,
            queued_at=now if ready else None,
            sources=sources,
            question=question,
            units_price=held - hundredths(price.calls),
            units_held=held,
            parent_id=asked.parent_id,
            callback_key=secrets.token_urlsafe(CALLBACK_KEY_BYTES),
        )
        return replace(job, card=replace(job.card, wants=card_view(job)))


def _retrieve(task: "asyncio.Future[None]") -> None:
    if not task.cancelled() and task.exception() is not None:
        log.error("intake.withdraw_failed", error=type(task.exception()).__name__)
