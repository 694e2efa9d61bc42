"""Sends the create that costs money: once, whatever dies in between.

The order is the whole point: `creating` is durable before the POST, the task id right after it. A
create whose outcome is not known is looked up by the job's own id before anything is sent again.
"""

from collections.abc import Awaitable, Callable
from functools import partial

import structlog

from bot.clock import Clock
from bot.domain.catalogue import Catalogue
from bot.domain.outcomes import problem_of, problem_outcome
from bot.domain.policy import recovery
from bot.domain.policy.backoff import backoff_s, waits_since
from bot.domain.policy.in_vain import NO_WAITS, Vain, Waits, waits_of
from bot.domain.policy.polling import PollLimits
from bot.domain.requests import Route
from bot.errors import (
    KlingBusy,
    KlingError,
    KlingRefusedAccount,
    KlingTaken,
    KlingTakesNoId,
    KlingToldNo,
    KlingUnclear,
    KlingUnreachable,
    OrderCutShort,
    Problem,
)
from bot.jobs.acceptance import Acceptance
from bot.jobs.claim import Claim
from bot.jobs.completion import completed
from bot.jobs.elimination import Elimination
from bot.jobs.expectation import expected_wait_s
from bot.jobs.faces import chosen_face
from bot.jobs.kling_places import KlingPlaces
from bot.jobs.look_ups import LookUps
from bot.jobs.notices import Notify
from bot.jobs.outages import ACCOUNT_REFUSED, TOLD, Outages
from bot.jobs.stored_files import files_of
from bot.jobs.unsure import Unsure
from bot.kling.bodies import Body
from bot.kling.client import Kling
from bot.kling.tasks import Lookup, Task
from bot.messages.escape import inert_line
from storage.job import Job, Kind, State
from storage.money import NONE_MADE, UNKNOWN
from storage.rows import Changes
from storage.store import JobStore

log = structlog.get_logger(__name__)


class Dispatcher:
    """Steps of `queued` and `creating`."""

    def __init__(
        self,
        store: JobStore,
        kling: Kling,
        catalogue: Catalogue,
        clock: Clock,
        limits: PollLimits,
        outages: Outages,
        notify: Notify,
        elimination: Elimination,
        unsure: Unsure,
        callback_base: str = "",
    ) -> None:
        self._store = store
        self._kling = kling
        self._catalogue = catalogue
        self._clock = clock
        self._limits = limits
        self._outages = outages
        self._notify = notify
        self._elimination = elimination
        self._unsure = unsure
        self._callback_base = callback_base.rstrip("/")
        self._look_ups = LookUps(outages, clock)
        self._places = KlingPlaces(store, clock, outages)
        self._acceptance = Acceptance(store, clock, self._places, first_s=limits.first_s)

    async def dispatch(self, claim: Claim) -> None:
        """Send a queued job that got a slot; an expired face session is renewed first."""
        session_until = claim.job.question.get("session_until")
        if claim.job.stopped:
            # While a create was under way, which was told to wait. An earlier one may have made a
            # task; where a look can't tell, a person had it sent again, and its units are kept.
            lost = claim.job.create_tries > 0 and self._lookup(claim.job) is Lookup.PROVES
            await claim.move(State.CREATING if lost else State.READY)
            return
        if isinstance(session_until, int | float) and session_until <= self._clock.now():
            await claim.move(State.PREPARING)
            return
        if not self._catalogue.is_known(claim.job.model):
            effect = claim.job.kind is Kind.EFFECT
            told = "operator.unknown_effect" if effect else "operator.unknown_model"
            self._notify(told, model=inert_line(claim.job.model))
        waits = waits_of(claim.job)
        try:
            order = await self._order(claim)
        except (ValueError, LookupError):  # from here on a failure would count as ambiguous
            if claim.job.create_tries:
                raise  # an earlier create may have made a task: it is set aside, and not refused
            log.exception("create.not_written")
            await self._tell_problem(claim, Problem("internal_error"))
            return
        tries = claim.job.create_tries + 1
        sent_at = self._clock.now()
        await claim.move(State.CREATING, keep=True, create_tries=tries, sent_at=sent_at)
        await self._create(claim, order, waits)

    async def recover(self, claim: Claim) -> None:
        """Settle a create whose outcome is unknown: look it up, and only then send it again."""
        job = claim.job
        route = Route(job.route)
        try:
            task = await self._kling.find(route, job.id, job.model)
            if task is None and await self._eliminated(claim):
                return
        except KlingError as error:
            log.warning("create.look_up_failed", error=type(error).__name__)
            kind = self._outages.no_answer(job, error)
            if self._lookup(job) is Lookup.BLIND:
                await self._not_found(claim, Lookup.BLIND)  # a response would prove nothing either
            elif self._too_long(waits_of(job).once_more(kind), kind, job.sent_at or job.created_at):
                await self._unsure.ask(claim)
            else:
                await self._look_ups.later(claim, kind)
            return
        lookup = self._lookup(job)  # read afterwards: the response may teach us
        if task is None:
            await self._not_found(claim, lookup)
            return
        if recovery.is_ours(task.external_id, task.created_at, job):
            await self._taken_over(claim, task)
        else:
            await self._unsure.ask(claim)

    async def _taken_over(self, claim: Claim, task: Task) -> None:
        expected_s = await expected_wait_s(self._store, self._catalogue, claim)
        await self._acceptance.store(claim, task, expected_s)

    def _lookup(self, job: Job) -> Lookup:
        """Tell what looking for the job's task can prove, by our id or by elimination."""
        lookup = self._kling.lookup(Route(job.route), job.model)
        blind = lookup is Lookup.BLIND
        return Lookup.MAY_FIND if blind and self._elimination.may_find(job) else lookup

    async def _eliminated(self, claim: Claim) -> bool:
        """Give the job the task that can be no other's; tell whether there was one."""
        job = claim.job
        proves = self._kling.lookup(Route(job.route), job.model) is Lookup.PROVES
        task = None if proves else await self._elimination.find(job)
        if task is None:
            return False
        expected_s = await expected_wait_s(self._store, self._catalogue, claim)
        return await self._elimination.adopt(
            job, task, first_s=self._limits.first_s, expected_s=expected_s
        )

    async def _not_found(self, claim: Claim, lookup: Lookup) -> None:
        proven, may_appear = lookup is Lookup.PROVES, lookup is Lookup.MAY_FIND
        match recovery.decide_not_found(claim.job, proven=proven, may_appear=may_appear):
            case recovery.NotFound.SEND_AGAIN:
                tries = claim.job.create_tries + 1
                order = await self._order(claim)
                await claim.save(
                    keep=True, create_tries=tries, sent_at=self._clock.now(), gave_up=False
                )
                await self._create(claim, order, waits_of(claim.job))
            case recovery.NotFound.LOOK_AGAIN:
                await self._look_ups.later(claim, Vain.ABSENT)
            case recovery.NotFound.ASK:
                await self._unsure.ask(claim)
            case recovery.NotFound.END:
                await claim.move(State.READY, money=NONE_MADE if proven else UNKNOWN)

    async def _order(self, claim: Claim) -> Body:
        """Build the create; one that can't be built was surely not sent."""
        job = claim.job
        stored = await self._store.inputs(job.id)
        return self._kling.written(
            completed(claim.request, job, stored),
            external_id=job.id,
            inputs=files_of(self._store, stored.values()),
            choice=chosen_face(job.question),
            callback_url=self._callback_url(job),
        )

    async def _create(self, claim: Claim, order: Body, waits: Waits = NO_WAITS) -> None:
        """Send the create; `waits` is what the job remembers of the queue."""
        job = claim.job
        expected_s = await expected_wait_s(self._store, self._catalogue, claim)
        try:
            task = await self._kling.send(
                Route(job.route), order, external_id=job.id, model=job.model
            )
        except KlingTakesNoId:
            # Nothing was made, and what was learnt is stored: the next order has no id.
            order = await self._order(claim)
            await claim.save(keep=True, sent_at=self._clock.now())
            await self._create(claim, order, waits)
        except KlingUnreachable as failure:
            await self._not_sent(claim, waits, failure)
        except KlingBusy as busy:
            changes = await self._places.refused(job, busy)
            self._outages.busy(job)
            await self._later(claim, waits, Vain.LATER, changes)
        except KlingTaken:
            self._outages.answered(job)
            await self._look_ups.later(claim, soon=True)
        except KlingRefusedAccount as refusal:
            if self._outages.refused(job, refusal):
                await self._later(claim, waits, Vain.REFUSED)
            else:
                told = partial(self._tell_problem, claim, ACCOUNT_REFUSED)
                await self._unless_made(claim, told, waits)
        except KlingUnclear as unclear:
            log.warning("create.unclear", reason=unclear.reason, http_status=unclear.http_status)
            self._outages.unanswered(job, unclear)
            await self._look_ups.later(claim)
        except KlingToldNo as refusal:
            self._outages.answered(job)
            log.info("create.refused", code=refusal.code, request_id=refusal.request_id)
            told = partial(claim.refuse, problem_outcome(problem_of(refusal)))
            await self._unless_made(claim, told, waits)
        else:
            await self._acceptance.store(claim, task, expected_s)
            self._outages.accepted(job)

    async def _unless_made(
        self, claim: Claim, tell: Callable[[], Awaitable[None]], waits: Waits
    ) -> None:
        """End the job because no task was made, unless an earlier create was accepted after all.

        One that got no answer is sent again if there is no such task, but that look-up may have
        come too early, and so may this one: several must find nothing before anything is told.
        """
        job = claim.job
        if job.create_tries > 1:
            try:
                task = await self._kling.find(Route(job.route), job.id, job.model)
            except KlingError as error:
                log.warning("create.look_up_failed", error=type(error).__name__)
                kind, task = self._outages.no_answer(job, error), None
                if self._lookup(job) is not Lookup.BLIND:  # there no answer would prove anything
                    await self._look_ups.later(claim, kind)
                    return
            if task is not None and recovery.is_ours(task.external_id, task.created_at, job):
                await self._taken_over(claim, task)
                return
            if self._lookup(job) is Lookup.PROVES and recovery.looks_again(waits):
                await self._look_ups.later(claim, Vain.ABSENT, waits)
                return
        await tell()

    async def _not_sent(self, claim: Claim, waits: Waits, failure: KlingUnreachable) -> None:
        if not isinstance(failure, OrderCutShort):  # which says nothing of Kling
            self._outages.unanswered(claim.job)
        await self._later(claim, waits, Vain.UNREACHABLE)

    async def _later(
        self, claim: Claim, waits: Waits, kind: Vain, changes: Changes | None = None
    ) -> None:
        """Put the job back in the queue: this create made no task.

        After the longest wait, fail it, unless Kling said "later" to what it may have room for.
        """
        job, wait_s, waits = claim.job, backoff_s(waits.failures), waits.once_more(kind)
        told = TOLD.get(kind) or recovery.no_room(job, changes or {})
        if await claim.is_stopped():
            end = partial(claim.move, State.READY, money=NONE_MADE)
            await self._unless_made(claim, end, waits)
        elif told is not None and recovery.waited_enough(
            waits, kind, waits_since(job), self._clock.now(), self._limits.give_up_s
        ):
            await self._unless_made(claim, partial(self._tell_problem, claim, told), waits)
        else:
            back: Changes = {**waits.changes(), **(changes or {})}
            back["due_at"] = self._clock.now() + wait_s
            back["create_tries"] = job.create_tries - 1  # this create surely made nothing
            await claim.move(State.QUEUED, **back)

    async def _tell_problem(self, claim: Claim, problem: Problem) -> None:
        """End the job with a problem after a clear "no": nothing was made."""
        await claim.move(State.READY, money=NONE_MADE, outcome=problem_outcome(problem))

    def _too_long(self, waits: Waits, kind: Vain, since: float) -> bool:
        return waits.too_long(kind, since, self._clock.now(), self._limits.give_up_s)

    def _callback_url(self, job: Job) -> str | None:
        wanted = self._callback_base and job.callback_key
        return f"{self._callback_base}/callback/{job.callback_key}" if wanted else None
