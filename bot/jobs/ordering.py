"""Orders: a command or a control that makes a job, asked about its price first where that is due.

What waits for the answer is a draft. It reserves nothing and counts in no limit of jobs; `start`
submits it like a command, and the job takes over its id.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

import structlog

from bot.clock import Clock
from bot.domain.catalogue import Catalogue, price_or_guess
from bot.domain.cheaper import changed, cheaper
from bot.domain.defaulted import noted
from bot.domain.options import SECONDS
from bot.domain.policy.privacy import PRIVATE, is_private
from bot.domain.requests import Request
from bot.domain.server_settings import ON
from bot.domain.units import hundredths, usd
from bot.errors import PostImpossible, PostUnclear, Problem
from bot.jobs.actions import Told
from bot.jobs.characters import Characters
from bot.jobs.checks import Admission, Asked, Checks
from bot.jobs.drafting import FORM_OF_MENU, draft_of, with_files_of
from bot.jobs.intake import Answer, Intake
from bot.jobs.own_clips import links_to_another
from bot.messages.cards import Cards
from bot.messages.question import Questions
from storage.drafts import Draft
from storage.errors import DraftLimitReached, StorageUnavailable
from storage.job import Job, Pack
from storage.store import JobStore

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Asking:
    """From which price on a question comes first, in US dollars; negative: never."""

    confirm_usd: Decimal
    usd_per_unit: Mapping[Pack, Decimal]
    accept_s: float
    """How long a member waits for the question, in seconds."""

    def is_due(self, catalogue: Catalogue, request: Request) -> bool:
        """Tell whether the member is asked first. An unknown price is asked about, if any is."""
        if self.confirm_usd < 0:
            return False
        price = price_or_guess(catalogue, request)
        costs = usd(hundredths(price.units), self.usd_per_unit[price.pack])
        return not price.known or costs >= self.confirm_usd


class Orders:
    """Takes orders: asks about the price or submits them, and starts what was asked about."""

    def __init__(
        self,
        store: JobStore,
        catalogue: Catalogue,
        clock: Clock,
        checks: Checks,
        admission: Admission,
        intake: Intake,
        questions: Questions,
        cards: Cards,
        asking: Asking,
        characters: Characters,
    ) -> None:
        self._characters = characters
        self._store = store
        self._catalogue = catalogue
        self._clock = clock
        self._checks = checks
        self._admission = admission
        self._intake = intake
        self._questions = questions
        self._cards = cards
        self._asking = asking

    async def order_by_form(self, asked: Asked, answer: Answer) -> None:
        """Order what was filled into a form; refused, it can be changed without typing it again.

        Filled into a form about a draft, it makes one job, however often it is sent.
        """
        job = await self.order(replace(asked, by_form=True), answer)
        if job is not None and asked.job_id is not None:
            await self._drop(asked.job_id)

    async def order(self, asked: Asked, answer: Answer) -> Job | None:
        """Submit it, or ask first. What would be refused anyway is refused at once.

        What a control makes of a private job is private, as is what it makes for a member who has
        that by default. Their own earlier `private: False`, made again, still counts.
        """
        began = asyncio.get_running_loop().time()
        asked = await self._as_private_as_wanted(replace(asked, began=began))
        try:
            asked = await self._known(asked)
        except StorageUnavailable as trouble:
            await self._busy(trouble, asked, answer)
            return None
        files = asked.stored
        asked = await self._checks.measured(asked)
        due = self._asking.is_due(self._catalogue, asked.request)
        if not due or self._checks.known_problems(asked):
            return await self._intake.submit(asked, answer)
        variants = cheaper(self._catalogue, asked.request, asked.offered)
        draft = draft_of(replace(asked, stored=files), variants, now=self._clock.now())
        try:
            kept = await self._keep(draft, began)
        except DraftLimitReached as reached:
            problem = Problem("draft_limit", {"limit": reached.limit})
            await answer.private(self._cards.problem_lines([problem], asked.origin.locale))
            return None
        if kept:
            await self._ask(asked, draft, answer)
        else:
            await self._intake.busy(answer, asked.origin.locale)
        return None

    async def start(self, draft: Draft, tag: str, asked: Asked, answer: Answer) -> Job | None:
        """Submit a draft, in one of its variants where a tag is given.

        `asked` is the press, with the inputs that are stored with an earlier job. A press whose
        card did not arrive leaves no job, and the draft can be started again.
        """
        asked = await self._as_private_as_wanted(asked)
        asked = with_files_of(asked, _variant(asked.request, draft, tag))
        try:
            asked = await self._known(asked)
        except StorageUnavailable as trouble:
            await self._busy(trouble, asked, answer)
            return None
        defaulted = {**_defaulted(draft, tag), **asked.defaulted}
        asked = replace(asked, job_id=draft.id, defaulted=defaulted)
        job = await self._intake.submit(asked, answer)
        if job is not None:
            await self._drop(draft.id)
        return job

    async def keep(self, draft: Draft, life_s: float) -> Told | Problem | None:
        """Keep a draft for so long, before its form is shown; returns why that can't be done.

        It takes the place of the member's oldest form if they opened many.
        """
        draft = replace(draft, until=self._clock.now() + life_s)
        try:
            began = asyncio.get_running_loop().time()
            kept = await self._keep(draft, began, form=FORM_OF_MENU)
        except DraftLimitReached as reached:
            return Problem("draft_limit", {"limit": reached.limit})
        return None if kept else Told.BUSY

    async def draft(self, draft_id: str) -> Draft | None:
        """Return an open draft."""
        return await self._store.draft(draft_id, now=self._clock.now())

    async def _as_private_as_wanted(self, asked: Asked) -> Asked:
        """Return what a control made, private if its parent is or its member has it by default.

        A command has asked its defaults by now, and an option that was typed is left alone.
        """
        if asked.parent_id is None or asked.request.private:
            return asked
        parent = await self._store.get(asked.parent_id)
        if parent is not None and parent.origin.user_id != asked.origin.user_id:
            # What its member typed is nobody else's word, now or when this is run again.
            asked = replace(asked, request=replace(asked.request, private=None))
        private = replace(asked, request=replace(asked.request, private=True))
        if parent is not None and is_private(parent):
            return private
        default = asked.rules.value(PRIVATE)
        if default.value != ON or default.source is None or _said_public(asked, parent):
            return asked
        return replace(private, defaulted={**asked.defaulted, PRIVATE: default.source.value})

    async def _known(self, asked: Asked) -> Asked:
        """Return it with the characters that it cites, and what is wrong beyond its rules."""
        asked = await self._characters.known(asked)
        if not asked.rules.is_on("own_media"):
            return asked
        try:
            async with asyncio.timeout(self._asking.accept_s):
                theirs = await links_to_another(self._store, asked.request, asked.origin.user_id)
        except TimeoutError:
            raise StorageUnavailable("held", "a job could not be read in time") from None
        if not theirs:
            return asked
        return replace(asked, found=(*asked.found, Problem("own_media")))

    async def _busy(self, trouble: StorageUnavailable, asked: Asked, answer: Answer) -> None:
        """Tell that nothing was accepted: what it cites could not be read."""
        self._intake.in_trouble(trouble)
        await self._intake.busy(answer, asked.origin.locale)

    async def _drop(self, draft_id: str) -> None:
        try:
            await self._store.drop_draft(draft_id)
        except StorageUnavailable:
            log.warning("draft.not_dropped", draft_id=draft_id)  # its time will end it

    async def _keep(self, draft: Draft, began: float, *, form: str | None = None) -> bool:
        """Store the draft before it is shown; False if that took too long or can't be done."""
        storing = self._store.put_draft(draft, now=self._clock.now(), form=form)
        putting = asyncio.ensure_future(storing)
        left_s = began + self._asking.accept_s - asyncio.get_running_loop().time()
        done, _ = await asyncio.wait({putting}, timeout=max(0.0, left_s))
        if not done:
            putting.add_done_callback(_retrieve)  # it reserves nothing, and its time ends it
            return False
        try:
            putting.result()
        except StorageUnavailable as trouble:
            self._intake.in_trouble(trouble)
            return False
        return True

    async def _ask(self, asked: Asked, draft: Draft, answer: Answer) -> None:
        variants = {tag: changed(asked.request, change) for tag, change in draft.variants.items()}
        question = self._questions.price(
            draft.id,
            asked.request,
            variants,
            asked.origin.locale,
            draft.until,
            await self._left(asked),
        )
        try:
            await answer.privately(question)
        except PostImpossible:
            log.info("question.refused")
            await self._store.drop_draft(draft.id)
        except PostUnclear:
            log.warning("question.unclear")

    async def _left(self, asked: Asked) -> int | None:
        """Return what the member has left for the day, in hundredths of a unit; None: no limit."""
        now = self._clock.now()
        limits = self._admission.limits_of(asked, self._checks.price(asked.request), now)
        member = limits.units.member if limits.units else None
        if member is None:
            return None
        user_id, pack = asked.origin.user_id, asked.request.route.pack.units
        try:
            return max(0, member - await self._store.used_today(user_id, pack, now=now))
        except StorageUnavailable:
            return None


def _said_public(asked: Asked, parent: Job | None) -> bool:
    """Tell whether the request repeats what its own member typed, not what a default filled in."""
    if parent is None or parent.origin.user_id != asked.origin.user_id:
        return False
    return asked.request.private is False and PRIVATE not in noted(parent.request)


def _variant(request: Request, draft: Draft, tag: str) -> Request:
    return changed(request, draft.variants[tag]) if tag else request


def _defaulted(draft: Draft, tag: str) -> dict[str, str]:
    """Return which defaults are left: what a variant changes was chosen."""
    chosen = {field.removesuffix(SECONDS) for field in draft.variants[tag]} if tag else set()
    return {name: of for name, of in noted(draft.request).items() if name not in chosen}


def _retrieve(task: "asyncio.Future[None]") -> None:
    if not task.cancelled() and task.exception() is not None:
        log.error("draft.put_failed", error=type(task.exception()).__name__)
