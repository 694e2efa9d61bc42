"""What people can do to an accepted job: choose a face, cancel, pick up, run it again.

Who may do what is decided before (`bot.controls.presses`). Each decision is a compare-and-set, so
two presses count as one, and a late press gets "too late".
"""

import enum
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import structlog

from bot.clock import Clock
from bot.domain.operations.character import of_images
from bot.domain.outcomes import outcome_problems, problem_outcome
from bot.domain.policy.card import TOKEN_LIFE_S, open_for_cancel, open_for_stop
from bot.domain.policy.recovery import UnsureChoice
from bot.domain.requests import (
    ClipTaker,
    Offered,
    Request,
    VideoRequest,
    attached,
    from_json,
)
from bot.errors import Problem
from bot.jobs.checks import limit_problem
from bot.jobs.claim import Claim
from bot.jobs.clip_source import clip_ended, with_clip
from bot.jobs.continuing import FRAME
from bot.jobs.faces import placed_choice, stored_face
from bot.jobs.inputs import CLIP, offered_again
from bot.jobs.transitions import Transitions
from bot.messages.message import SELECT_OPTIONS_MAX
from storage.bells import Rung
from storage.errors import AgainLimitReached
from storage.job import ENDED, Delivery, Job, State, StoredInput, Venue, WaitsFor, is_job_id
from storage.store import JobStore

DECIDING_TRIES: Final = 5
JOBS_SHOWN_MAX: Final = SELECT_OPTIONS_MAX
TIMED_OUT: Final = Problem("face_timeout")

log = structlog.get_logger(__name__)


class Told(enum.StrEnum):
    """What the member who pressed reads: a key of the message catalogue."""

    NOT_FOUND = "answer.not_found"
    NOT_YOURS = "answer.not_yours"
    TOO_LATE = "answer.too_late"
    CANCELLED = "answer.cancelled"
    CANCELLED_FACES = "answer.cancelled_faces"
    STOPPED = "answer.stopped"
    CHOSEN = "answer.chosen"
    WILL_DELIVER = "answer.will_deliver"
    NOTHING_HERE = "answer.nothing_here"
    NOT_ALLOWED = "answer.not_allowed"
    LOOKING = "answer.looking"
    SENDING_AGAIN = "answer.sending_again"
    ALREADY_STARTED = "answer.already_started"
    QUESTION_ENDED = "answer.question_ended"
    QUESTION_NOT_YOURS = "answer.question_not_yours"
    FORGETTING = "answer.forgetting"
    DELETED = "answer.deleted"
    HIDDEN = "answer.hidden"
    CANNOT_HIDE = "answer.cannot_hide"
    COPY_DELETED = "answer.copy_deleted"
    BELL_ON = "answer.bell_on"
    BELL_OFF = "answer.bell_off"
    BELL_FULL = "answer.bell_full"
    BELL_YOURS = "answer.bell_yours"
    BUSY = "busy"
    NO_SHOWCASE = "answer.no_showcase"


RUNG: Final = {
    Rung.ON: Told.BELL_ON,
    Rung.OFF: Told.BELL_OFF,
    Rung.FULL: Told.BELL_FULL,
    Rung.TOO_LATE: Told.TOO_LATE,
}


@dataclass(frozen=True, slots=True)
class Rerun:
    """What "run again" starts from."""

    parent_id: str
    request: Request
    stored: tuple[StoredInput, ...]

    @property
    def offered(self) -> dict[str, Offered]:
        """The files as if they had been attached again; their bytes have been checked."""
        names = [entry.name for entry in self.stored if entry.name != CLIP]
        return {name: offered_again(name, url="") for name in names}


@dataclass(frozen=True, slots=True)
class Fetching:
    """The private answer in which a picked-up result goes."""

    token: str
    message_id: int


class Actions:
    """Use cases behind buttons, menus and `/jobs`."""

    def __init__(
        self,
        store: JobStore,
        clock: Clock,
        wake: Callable[[], None],
        *,
        again_per_hour: int = 0,
    ) -> None:
        self._again_per_hour = again_per_hour
        self._store = store
        self._clock = clock
        self._wake = wake
        self._transitions = Transitions(store, clock)

    async def jobs_of(self, user_id: int) -> list[tuple[Job, int | None]]:
        """Return a member's jobs, each with its place in the queue.

        Those that wait for the member come first, so that each can be reached, then the newest.
        """
        return await self._store.jobs_and_places_of(user_id, limit=JOBS_SHOWN_MAX)

    async def own(self, job_id: str, user_id: int) -> Job | Told:
        """Return the member's own job, or what to tell them."""
        job = await self.known(job_id)
        if job is None:
            return Told.NOT_FOUND
        return job if job.origin.user_id == user_id else Told.NOT_YOURS

    async def cancel(self, job: Job) -> Told:
        """Cancel for free before the create; after it, stop following."""
        changed: Job | None = None
        told = Told.TOO_LATE
        if open_for_cancel(job):
            changed = await self._transitions.decide(job, State.CANCELLED)
            paid = changed is not None and changed.cost_begun
            told = Told.CANCELLED_FACES if paid else Told.CANCELLED
        elif open_for_stop(job):
            changed = await self._transitions.stop(job)
            told = Told.STOPPED
        if changed is None:
            return Told.TOO_LATE
        log.info("job.called_off", job_id=job.id, how=told.value)
        self._wake()
        return told

    async def choose_face(self, job: Job, face_id: str) -> Told | Problem:
        """Take the requester's choice of a face; if the audio does not fit, ask again."""
        if job.state is not State.WAITING or job.waits_for is not WaitsFor.FACE:
            return Told.TOO_LATE
        face = stored_face(job.question, face_id)
        if face is None:
            return Told.NOT_FOUND
        stored = await self._store.inputs(job.id)
        request = from_json(job.kind, job.request)
        placed = placed_choice(request, job.question, face, stored)
        if isinstance(placed, Problem):
            return placed
        question = {**job.question, **placed}
        changed = await self._transitions.decide(job, State.QUEUED, question=question)
        if changed is None:
            return Told.TOO_LATE
        self._wake()
        return Told.CHOSEN

    async def deliver_again(self, job: Job) -> Told | Problem:
        """Post a finished result once more, in its channel; so often an hour."""
        if job.state in {State.READY, State.POSTING}:
            return Told.WILL_DELIVER
        if job.state is not State.DONE or not _has_media(job):
            return Told.NOTHING_HERE
        venue = Venue.CHANNEL if job.origin.can_post else Venue.DM
        return await self._deliver(job, venue)

    async def pick_up(self, job: Job, fetching: Fetching) -> Told | Problem:
        """Put an outcome that found no venue into the private answer to this press.

        Once it was picked up, another time counts like "deliver again".
        """
        waiting = job.state is State.WAITING and job.waits_for is WaitsFor.PICKUP
        if not (waiting or (job.state is State.DONE and job.outcome is not None)):
            return Told.NOTHING_HERE
        return await self._deliver(job, Venue.ANSWER, fetching)

    async def rerun(self, job: Job, request: Request | None = None) -> Rerun | Problem:
        """Return what a new job like this one starts from, or why its inputs are gone by now.

        `request` is what is asked for instead, with the same files; what goes on from the job needs
        none of them.
        """
        request = request or from_json(job.kind, job.request)
        continues = request.continues if isinstance(request, VideoRequest) else ()
        if job.id in continues:
            return Rerun(job.id, request, ())
        stored = await self._store.inputs(job.id)
        found_again = {CLIP, FRAME} if continues else {CLIP}
        if not {*attached(request)} - found_again <= stored.keys():
            return Problem("inputs_gone", {"kind": job.kind.value})
        if isinstance(request, ClipTaker) and not of_images(request):
            found = with_clip(request, stored.get(CLIP), self._clock.now())
            if found is None:
                return clip_ended(request, stored.get(CLIP))
            request = found
        return Rerun(job.id, request, tuple(stored.values()))

    async def resolve(self, job: Job, choice: UnsureChoice) -> Told:
        """Decide about a create whose outcome can't be known, as `bot jobs resolve` does."""
        if await self._transitions.resolve(job, choice) is None:
            return Told.TOO_LATE
        log.info("job.resolved", job_id=job.id, choice=choice.value)
        self._wake()
        return Told.SENDING_AGAIN if choice is UnsureChoice.SEND else Told.LOOKING

    async def known(self, job_id: str) -> Job | None:
        """Return the accepted job with this id, unless it was deleted; the id may be any text."""
        job = await self._store.get(job_id) if is_job_id(job_id) else None
        accepted = job is not None and job.card.answered_at is not None
        return job if job is not None and accepted and not job.unwanted else None

    async def delete(self, job: Job) -> Told:
        """Have a job taken out of Discord, and emptied; one under way is called off first."""
        fresh: Job | None = job
        for _ in range(DECIDING_TRIES):  # it may move on between the looks
            if fresh is None or fresh.unwanted:
                return Told.DELETED
            if not (fresh.state in ENDED or fresh.stopped):
                await self._call_off(fresh)
            elif await self._transitions.want_gone(fresh) is not None:
                log.info("job.unwanted", job_id=job.id)
                self._wake()
                return Told.DELETED
            fresh = await self._store.get(job.id)
        return Told.TOO_LATE

    async def ring(self, job: Job, user_id: int) -> Told:
        """Put a member's bell on or off: it rings once the job has ended."""
        if job.origin.user_id == user_id:
            return Told.BELL_YOURS
        return RUNG[await self._store.ring(job.id, user_id)]

    async def time_out(self, claim: Claim) -> None:
        """Handle a question without an answer in time: a step of the loop."""
        if claim.job.waits_then == "problem":
            await claim.move(State.READY, outcome=problem_outcome(TIMED_OUT))
        else:
            await claim.move(State.DONE)

    async def _call_off(self, job: Job) -> None:
        if open_for_cancel(job):
            await self._transitions.decide(job, State.CANCELLED)
        elif job.waits_for is WaitsFor.PICKUP:
            await self._transitions.decide(job, State.DONE)
        else:
            await self._transitions.stop(job)

    async def _deliver(
        self, job: Job, venue: Venue, fetching: Fetching | None = None
    ) -> Told | Problem:
        now = self._clock.now()
        earlier = await self._store.deliveries(job.id)
        number = 1 + len({d.kind for d in earlier if d.kind.startswith("a")})
        everything = tuple(range(len((job.outcome or {}).get("media", ()))))
        row = Delivery(job.id, f"a{number}", 0, venue, everything)
        if fetching is not None:
            row = replace(
                row,
                message_id=fetching.message_id,
                token=fetching.token,
                token_until=now + TOKEN_LIFE_S,
            )
        repeated = job.state is State.DONE
        try:
            again = await self._store.deliver_again(
                job.id,
                [row],
                now=now,
                again_by=job.origin.user_id if repeated else None,
                per_hour=self._again_per_hour,
            )
        except AgainLimitReached as reached:
            return limit_problem(reached, now)
        if again is None:
            return Told.TOO_LATE
        self._wake()
        return Told.WILL_DELIVER


def _has_media(job: Job) -> bool:
    return job.outcome is not None and not outcome_problems(job.outcome)
