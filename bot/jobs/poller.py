"""Queries the tasks at Kling, and turns an end into an outcome."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

import structlog

from bot.clock import Clock
from bot.domain.outcomes import FACE_UNITS, failed_problem, problem_outcome
from bot.domain.policy.backoff import ASKED_MIN, DAY_S, HOUR_S
from bot.domain.policy.in_vain import Vain, waits_of
from bot.domain.policy.polling import (
    GiveUp,
    PollLimits,
    Wait,
    decide_running,
    is_lost,
    next_follow_up,
    poll_again_s,
)
from bot.domain.requests import Route
from bot.domain.units import deducted_hundredths, plain, with_cash
from bot.errors import KlingError, KlingNotFound, KlingRefusedAccount, Problem
from bot.jobs.characters import hand_over, is_character
from bot.jobs.claim import Claim
from bot.jobs.outages import Outages
from bot.kling.questions import Questions
from bot.kling.tasks import Task, TaskStatus
from storage.job import Pack, State
from storage.money import UNKNOWN, Learnt, Verdict

USD: Final = "USD"

log = structlog.get_logger(__name__)


def gave_up_problem(waited_s: float) -> Problem:
    """Return what the member reads after so long a wait: in days, or hours if it is less."""
    if waited_s < DAY_S:
        hours = round(waited_s / HOUR_S, 1)
        return Problem("gave_up_hours", {"hours": hours, "count": hours})
    days = int(waited_s // DAY_S)
    return Problem("gave_up", {"days": days, "count": days})


class Poller:
    """Step of `running`, and the daily look at a given-up job."""

    def __init__(
        self,
        questions: Questions,
        clock: Clock,
        limits: PollLimits,
        outages: Outages,
        usd_per_unit: Mapping[Pack, Decimal],
    ) -> None:
        self._usd_per_unit = usd_per_unit
        self._questions = questions
        self._clock = clock
        self._limits = limits
        self._outages = outages

    async def poll(self, claim: Claim) -> None:
        """Query the task once and act on the response; no error of Kling's ends the job."""
        job = claim.job
        if job.task_id is None:  # the row can't be read otherwise; if it can, this is a bug of ours
            await self._problem(claim, Problem("task_lost"))
            return
        try:
            task = await self._questions.query(Route(job.route), job.task_id)
        except KlingNotFound:
            if is_lost(job, self._clock.now()) and job.state is State.RUNNING:
                await self._problem(claim, Problem("task_lost"))
            else:
                await self._ask_again(claim, Vain.ABSENT)
        except KlingRefusedAccount as refusal:
            self._outages.refused(job, refusal)
            await self._ask_again(claim, Vain.REFUSED)
        except KlingError as error:
            log.warning("poll.failed", error=type(error).__name__)
            await self._ask_again(claim, Vain.UNANSWERED)
        else:
            await self._act(claim, task)

    async def _act(self, claim: Claim, task: Task) -> None:
        if task.status is TaskStatus.SUCCEED and task.media:
            await self._finished(claim, task)
        elif task.status is TaskStatus.SUCCEED and task.element_id and is_character(claim.job):
            verdict = self._verdict(task, claim.job.pack)
            log.info("task.succeeded", late=claim.job.gave_up)
            await hand_over(claim, task, verdict, self._units(task, verdict), self._clock.now())
        elif task.status is TaskStatus.FAILED and claim.job.state is State.DONE:
            # It was already given up and reported.
            await claim.save(due_at=None, money=self._verdict(task, claim.job.pack))
        elif task.status is TaskStatus.FAILED:
            await self._problem(
                claim, failed_problem(task.message), self._verdict(task, claim.job.pack)
            )
        elif task.status is TaskStatus.SUCCEED:
            await self._without_media(claim, task)
        else:
            await self._ask_again(claim)

    async def _finished(self, claim: Claim, task: Task) -> None:
        """Late success beats giving up: it is delivered whenever it comes."""
        job = claim.job
        media = [
            {"kind": m.kind, "id": m.id, "duration_s": m.duration_s, "index": m.index}
            for m in task.media
        ]
        verdict = self._verdict(task, job.pack)
        units = self._units(task, verdict)
        outcome: dict[str, Any] = {"media": media, "units": units, "late": job.gave_up}
        if FACE_UNITS in job.question:
            outcome[FACE_UNITS] = job.question[FACE_UNITS]
        log.info("task.succeeded", results=len(media), late=job.gave_up)
        await claim.move(
            State.READY,
            outcome=outcome,
            result_urls=tuple(m.url for m in task.media),
            failures=0,
            money=verdict,
        )

    async def _without_media(self, claim: Claim, task: Task) -> None:
        """Kling says that it succeeded, and shows nothing that can be read.

        At Kling it has ended, so that its slot is free. Ten times in a row are a problem that the
        member hears of. The task is asked for once a day all the same: what can be read later is
        delivered late.
        """
        job, now = claim.job, self._clock.now()
        waits = waits_of(job).once_more(Vain.EMPTY)
        log.warning("task.without_media", tries=waits.count(Vain.EMPTY))
        verdict = self._verdict(task, job.pack)
        if job.state is State.DONE:
            await claim.save(due_at=next_follow_up(job, now), money=verdict)
        elif waits.count(Vain.EMPTY) < ASKED_MIN:
            wait_s = poll_again_s(job.failures, self._limits)
            finished_at = now if job.finished_at is None else job.finished_at
            await claim.save(due_at=now + wait_s, finished_at=finished_at, **waits.changes())
        else:
            outcome = problem_outcome(Problem("result_unreadable"))
            await claim.move(State.READY, outcome=outcome, gave_up=True, money=verdict)

    async def _ask_again(self, claim: Claim, vain: Vain | None = None) -> None:
        """Go on waiting, or give up; lateness is shown whether Kling answered or not.

        If the query came to nothing, by `vain`, the next one comes later each time, and age alone
        ends nothing.
        """
        job, now = claim.job, self._clock.now()
        if job.state is State.DONE:
            await claim.save(due_at=next_follow_up(job, now))
            return
        decision = decide_running(job, now, self._limits)
        if vain is None and isinstance(decision, Wait):
            late = job.late or decision.late
            await claim.save(
                due_at=now + decision.seconds, failures=0, in_vain={}, late=late, gave_up=False
            )  # a task that was set aside, and runs after all, holds a slot
            return
        waits = waits_of(job) if vain is None else waits_of(job).once_more(vain)
        if isinstance(decision, GiveUp) and (vain is None or waits.count(vain) >= ASKED_MIN):
            await self._give_up(claim)
        else:
            wait_s = poll_again_s(job.failures, self._limits)
            late = job.late or isinstance(decision, GiveUp) or decision.late
            await claim.save(due_at=now + wait_s, late=late, **waits.changes())

    async def _give_up(self, claim: Claim) -> None:
        outcome = problem_outcome(gave_up_problem(self._limits.give_up_s))
        await claim.move(State.READY, outcome=outcome, gave_up=True, money=UNKNOWN)

    async def _problem(self, claim: Claim, problem: Problem, money: Verdict = UNKNOWN) -> None:
        log.info("task.failed", problem=problem.code)
        await claim.move(State.READY, outcome=problem_outcome(problem), money=money)

    def _units(self, task: Task, verdict: Verdict) -> str | None:
        """Return what was deducted, as it is told; money as the units that it would have bought."""
        if not task.paid:
            return task.units
        return None if verdict.units is None else plain(verdict.units)

    def _verdict(self, task: Task, pack: Pack) -> Verdict:
        """Return what an ended task has cost, as far as Kling says it.

        US dollars are counted as the units that they would have bought; of another currency the
        price stands.
        """
        succeeded = task.status is TaskStatus.SUCCEED
        learnt = Learnt.SUCCEEDED if succeeded else Learnt.FAILED
        units = deducted_hundredths(task.units)
        if task.paid:
            others = {one.currency for one in task.paid} - {USD}
            if others:
                log.warning("task.other_currency", currencies=sorted(others))
            dollars = [one.amount for one in task.paid]
            units = None if others else with_cash(units, dollars, self._usd_per_unit[pack.units])
        return Verdict(learnt, units)
