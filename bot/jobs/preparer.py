"""Prepares a job for Kling: fetches slow inputs and, for a lip-sync, finds the faces."""

from collections.abc import Mapping
from typing import Any, Final

import structlog

from bot.clock import Clock
from bot.domain.catalogue import Catalogue
from bot.domain.outcomes import FACE_UNITS, add_units, problem_of, problem_outcome
from bot.domain.policy.backoff import backoff_s, waits_since
from bot.domain.policy.in_vain import Vain, Waits, waits_of
from bot.domain.policy.polling import PollLimits
from bot.domain.policy.questions import asking
from bot.domain.units import deducted_hundredths, hundredths
from bot.errors import (
    BotError,
    DownloadFailed,
    DownloadGone,
    KlingBusy,
    KlingError,
    KlingRefusedAccount,
    KlingRefusedRequest,
    KlingToldNo,
    KlingUnreachable,
    MediaWorkerFailed,
    MemberMustChange,
    Problem,
)
from bot.jobs.checks import Admission, limit_problem
from bot.jobs.claim import Claim
from bot.jobs.clip_source import kept_id
from bot.jobs.edit_clips import EditClips
from bot.jobs.faces import (
    FACE_CHOICE_MIN_S,
    FACE_CHOICE_S,
    FACE_SESSION_S,
    FACE_SOURCE,
    Judge,
    link_ends_at,
    placed_choice,
    same_faces,
)
from bot.jobs.inputs import CLIP, SIZES_FACT, Inputs, as_problems, link_of, notes, offered_again
from bot.jobs.outages import ACCOUNT_REFUSED, TOLD, UNREACHABLE, Outages
from bot.jobs.own_clips import OwnClips
from bot.kling.client import Kling
from bot.kling.tasks import Faces
from storage.errors import BytesLimitReached
from storage.job import Kind, State, StoredInput, WaitsFor
from storage.money import Call, CallCost
from storage.store import JobStore

PREPARE_TRIES_MAX: Final = 14
"""A download or query that fails this often fails the job: after about eight minutes."""
WORKER_TRIES_MAX: Final = 4
"""After this many crashed workers the file is reported as unreadable."""
TRIES_MAX: Final = {
    Vain.DOWNLOAD: PREPARE_TRIES_MAX,
    Vain.UNCLEAR: PREPARE_TRIES_MAX,
    Vain.WORKER: WORKER_TRIES_MAX,
}

log = structlog.get_logger(__name__)


class Preparer:
    """Step of `preparing`, and what follows from the choice of a face."""

    def __init__(
        self,
        store: JobStore,
        catalogue: Catalogue,
        inputs: Inputs,
        own_clips: OwnClips,
        kling: Kling,
        clock: Clock,
        limits: PollLimits,
        outages: Outages,
        admission: Admission,
    ) -> None:
        self._store = store
        self._catalogue = catalogue
        self._inputs = inputs
        self._own_clips = own_clips
        self._edit_clips = EditClips(store, catalogue, inputs, own_clips, kling)
        self._kling = kling
        self._clock = clock
        self._give_up_s = limits.give_up_s
        self._outages = outages
        self._admission = admission

    async def prepare(self, claim: Claim) -> None:
        """Bring the job into the queue, to a question, or to a problem."""
        try:
            stored = await self._fetched(claim)
            await self._edit_clips.settle(claim)
        except DownloadGone:
            await self._refuse(claim, (Problem("download_failed"),))
        except BytesLimitReached as reached:
            await self._refuse(claim, (limit_problem(reached, claim.job.created_at),))
        except MemberMustChange as refusal:
            await self._refuse(claim, refusal.problems)
        except DownloadFailed as failure:
            await self._again(claim, failure, Vain.DOWNLOAD)
        except MediaWorkerFailed as failure:
            await self._again(claim, failure, Vain.WORKER)
        except KlingError as error:
            await self._no_answer(claim, error)
        else:
            if claim.job.kind is Kind.LIPSYNC:
                await self._faces(claim, stored)
            else:
                await claim.move(State.QUEUED)

    async def _fetched(self, claim: Claim) -> Mapping[str, StoredInput]:
        stored = dict(await self._store.inputs(claim.job.id))
        sizes = claim.job.question.get(SIZES_FACT, {})
        missing = [
            offered_again(name, url, sizes.get(name, 0))
            for name, url in claim.job.sources.items()
            if name not in stored and name != CLIP and not name.startswith("face:")
        ]
        link = link_of(claim.request, claim.job.sources.get(CLIP, ""))
        member = claim.job.origin.user_id
        fetched = await self._inputs.fetch(missing, link, Judge(claim.request), member=member)
        if fetched:
            limits = self._admission.limits(claim.job.created_at)
            await self._store.put_inputs(claim.job, fetched, limits=limits)
            stored |= {one.name: one for one in fetched}
            there = stored.keys() - {CLIP}  # of a video only the source is stored
            left = {k: v for k, v in claim.job.sources.items() if k not in there}
            question = {**claim.job.question, "notes": notes(fetched)}
            await claim.save(keep=True, sources=left, question=question)
        return stored

    async def _faces(self, claim: Claim, stored: Mapping[str, StoredInput]) -> None:
        job = claim.job
        wrong = [p for one in stored.values() for p in Judge(claim.request)(one)]
        if wrong:  # before anything is paid: identifying faces costs 0.05 units
            await self._refuse(claim, tuple(wrong))
            return
        price = hundredths(self._catalogue.calls.identify_face)
        held_until = self._outages.held_until(job.pack, job.model, price)
        if held_until is not None:  # nothing is asked, so nothing is counted
            await claim.save(due_at=held_until)
            return
        self._outages.asks(job, price)
        try:
            found = await self._identify(claim)
        except KlingRefusedAccount as refusal:
            if self._outages.refused(job, refusal, price):
                await self._wait_for_kling(claim, Vain.REFUSED)
            else:
                await self._fail(claim, (ACCOUNT_REFUSED,))
        except KlingRefusedRequest as refusal:
            self._outages.answered(job)
            await self._refuse(claim, (problem_of(refusal),))
        except KlingBusy:
            self._outages.busy(job)
            await self._save_later(claim, waits_of(job).once_more(Vain.LATER))
        except KlingError as error:
            # Safe to repeat: it costs 0.05 units and leaves only a session behind.
            await self._no_answer(claim, error)
        else:
            self._outages.answered(job)
            await self._found(claim, found, stored)

    async def _no_answer(self, claim: Claim, error: KlingError) -> None:
        """Ask again later; in an outage for as long as a create would wait."""
        self._outages.no_answer(claim.job, error)
        if isinstance(error, KlingUnreachable) or self._outages.held_until() is not None:
            await self._wait_for_kling(claim, Vain.UNREACHABLE)
        else:
            await self._again(claim, error, Vain.UNCLEAR)

    async def _identify(self, claim: Claim) -> Faces:
        """Name our own video by Kling's id, which lives as long as the video; any other by URL.

        If Kling does not accept the id, the URL is tried, if there is one.
        """
        job, url = claim.job, claim.job.sources.get(CLIP, "")
        known = getattr(claim.request, "video_id", "")
        own = None if known else await self._own_clips.find(job)
        video_id = own.video_id if own else known
        if video_id:
            try:
                found = await self._call(claim, video_id=video_id)
            except KlingRefusedRequest:
                log.info("prepare.own_clip_refused")
                if not url:
                    raise
            else:
                if own is not None:
                    source = kept_id(own.video_id, own.until)
                    await self._store.put_inputs(job, [source])
                return found
        return await self._call(claim, video_url=url)

    async def _call(
        self, claim: Claim, *, video_url: str | None = None, video_id: str | None = None
    ) -> Faces:
        """Identify faces; the call is spent before it is made, whatever comes of it.

        Unless it is certain that Kling did nothing.
        """
        cost = hundredths(self._catalogue.calls.identify_face)
        await claim.save(keep=True, cost_begun=True, money=Call(cost))
        try:
            return await self._kling.identify_face(video_url=video_url, video_id=video_id)
        except (KlingToldNo, KlingUnreachable):
            await claim.save(keep=True, money=CallCost(-cost))
            raise

    async def _found(self, claim: Claim, found: Faces, stored: Mapping[str, StoredInput]) -> None:
        if not found.faces:
            await self._refuse(claim, (Problem("no_face"),))
            return
        question: dict[str, Any] = {
            **{k: v for k, v in claim.job.question.items() if k != "choice"},
            FACE_UNITS: add_units(
                claim.job.question.get(FACE_UNITS, 0),
                found.units or self._catalogue.calls.identify_face,
            ),
            "session_id": found.session_id,
            "session_until": self._clock.now() + FACE_SESSION_S,
            "faces": [
                {"face_id": f.face_id, "start_ms": f.start_ms, "end_ms": f.end_ms}
                for f in found.faces
            ],
        }
        pictures = {
            FACE_SOURCE.format(number=number): face.image_url
            for number, face in enumerate(found.faces, 1)
            if face.image_url
        }
        sources = {**claim.job.sources, **pictures}
        again = same_faces(claim.job.question.get("faces", ()), found.faces)
        chosen_id = claim.job.question.get("face_id") if again else None
        said = deducted_hundredths(found.units)
        more = 0 if said is None else said - hundredths(self._catalogue.calls.identify_face)
        await claim.save(keep=True, question=question, sources=sources, money=CallCost(more))
        if len(found.faces) == 1:
            chosen_id = found.faces[0].face_id
        chosen = next((f for f in found.faces if f.face_id == chosen_id), None)
        if chosen is None:
            await self._ask(claim)
            return
        placed = placed_choice(claim.request, question, chosen, stored)
        if isinstance(placed, Problem):
            await self._refuse(claim, (placed,))
        else:
            await claim.move(State.QUEUED, question={**question, **placed})

    async def _ask(self, claim: Claim) -> None:
        now = self._clock.now()
        ends_at = link_ends_at(claim.job.sources.get(CLIP, "")) or now + FACE_CHOICE_S
        # Past its end Kling could not fetch the video again, should the face session expire.
        until = max(now + FACE_CHOICE_MIN_S, min(now + FACE_CHOICE_S, ends_at))
        question, announce_at = asking(claim.job, now)
        await claim.move(
            State.WAITING,
            waits_for=WaitsFor.FACE,
            waits_until=until,
            waits_then="problem",
            due_at=until if announce_at is None else min(until, announce_at),
            question=question,
        )

    async def _wait_for_kling(self, claim: Claim, kind: Vain) -> None:
        """Kling was asked and did nothing: wait as long as a create would."""
        waits = waits_of(claim.job).once_more(kind)
        if waits.too_long(kind, waits_since(claim.job), self._clock.now(), self._give_up_s):
            await self._fail(claim, (TOLD[kind],))
        else:
            await self._save_later(claim, waits)

    async def _again(self, claim: Claim, error: BotError, kind: Vain) -> None:
        """Try again later, as often as such a failure may be repeated."""
        log.warning("prepare.failed", error=type(error).__name__)
        waits = waits_of(claim.job).once_more(kind)
        if waits.count(kind) < TRIES_MAX[kind]:
            await self._save_later(claim, waits)
        elif kind is Vain.DOWNLOAD:
            await self._refuse(claim, as_problems(error))
        else:  # Not the request's fault: "run again" needs the inputs.
            told = (UNREACHABLE,) if kind is Vain.UNCLEAR else as_problems(error)
            await self._fail(claim, told)

    async def _save_later(self, claim: Claim, waits: Waits) -> None:
        wait_s = backoff_s(claim.job.failures)
        await claim.save(due_at=self._clock.now() + wait_s, **waits.changes())

    async def _refuse(self, claim: Claim, problems: tuple[Problem, ...]) -> None:
        """A refusal found late: told privately while the answer can be edited."""
        await claim.refuse({**problem_outcome(*problems), "private": True})

    async def _fail(self, claim: Claim, problems: tuple[Problem, ...]) -> None:
        """A failure that is told in the same way."""
        await claim.move(State.READY, outcome={**problem_outcome(*problems), "private": True})
