"""Prepares a job for Kling: fetches slow inputs, has words spoken, and finds faces to lip-sync."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import structlog

from bot.clock import Clock
from bot.domain.catalogue import Catalogue
from bot.domain.outcomes import FACE_UNITS, add_units
from bot.domain.policy.in_vain import Vain
from bot.domain.policy.polling import PollLimits
from bot.domain.policy.questions import asking
from bot.domain.units import deducted_hundredths, hundredths
from bot.errors import (
    DownloadFailed,
    DownloadGone,
    KlingError,
    KlingRefusedRequest,
    MediaWorkerFailed,
    MemberMustChange,
    Problem,
)
from bot.jobs.checks import Admission, limit_problem
from bot.jobs.claim import Claim
from bot.jobs.clip_source import kept_id
from bot.jobs.continuing import Continuing
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
from bot.jobs.inputs import (
    CLIP,
    SIZES_FACT,
    Inputs,
    link_of,
    longest_sound_s,
    notes,
    offered_again,
)
from bot.jobs.outages import Outages
from bot.jobs.own_clips import OwnClips
from bot.jobs.paid_calls import PaidCalls, paid
from bot.jobs.setbacks import Setbacks
from bot.jobs.speech import Speaker
from bot.kling.client import Kling
from bot.kling.tasks import Faces
from storage.errors import BytesLimitReached
from storage.job import Kind, State, StoredInput, WaitsFor
from storage.money import CallCost
from storage.store import JobStore

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
        continuing: Continuing,
    ) -> None:
        self._setbacks = Setbacks(clock, limits.give_up_s)
        self._calls = PaidCalls(outages, self._setbacks)
        self._speaker = Speaker(catalogue, kling, clock, self._calls, self._setbacks)
        self._store = store
        self._catalogue = catalogue
        self._inputs = inputs
        self._own_clips = own_clips
        self._edit_clips = EditClips(store, catalogue, inputs, own_clips, kling)
        self._kling = kling
        self._clock = clock
        self._admission = admission
        self._continuing = continuing

    async def prepare(self, claim: Claim) -> None:
        """Bring the job into the queue, to a question, or to a problem."""
        try:
            stored = await self._fetched(claim)
            await self._edit_clips.settle(claim)
            await self._continuing.settle(claim, stored)
        except DownloadGone:
            await self._setbacks.refuse(claim, (Problem("download_failed"),))
        except BytesLimitReached as reached:
            await self._setbacks.refuse(claim, (limit_problem(reached, claim.job.created_at),))
        except MemberMustChange as refusal:
            await self._setbacks.refuse(claim, refusal.problems)
        except DownloadFailed as failure:
            await self._setbacks.again(claim, failure, Vain.DOWNLOAD)
        except MediaWorkerFailed as failure:
            await self._setbacks.again(claim, failure, Vain.WORKER)
        except KlingError as error:
            await self._calls.no_answer(claim, error)
        else:
            if not await self._speaker.speak(claim):
                return
            if claim.job.kind is Kind.LIPSYNC:
                await self._faces(claim, stored)
            else:
                await claim.move(State.QUEUED)

    async def _fetched(self, claim: Claim) -> Mapping[str, StoredInput]:
        stored = await self._store.inputs(claim.job.id)
        sizes = claim.job.question.get(SIZES_FACT, {})
        missing = [
            offered_again(name, url, sizes.get(name, 0))
            for name, url in claim.job.sources.items()
            if name not in stored and name != CLIP and not name.startswith("face:")
        ]
        link = link_of(claim.request, claim.job.sources.get(CLIP, ""))
        member = claim.job.origin.user_id
        fetched = await self._inputs.fetch(
            missing,
            link,
            Judge(claim.request),
            member=member,
            sound_max_s=longest_sound_s(claim.request),
        )
        if fetched:
            limits = self._admission.limits(claim.job.created_at)
            await self._store.put_inputs(claim.job, fetched, limits=limits)
            stored = await self._store.inputs(claim.job.id)
            there = stored.keys() - {CLIP}  # of a video only the source is stored
            left = {k: v for k, v in claim.job.sources.items() if k not in there}
            question = {**claim.job.question, "notes": notes(fetched)}
            await claim.save(keep=True, sources=left, question=question)
        return stored

    async def _faces(self, claim: Claim, stored: Mapping[str, StoredInput]) -> None:
        wrong = [p for one in stored.values() for p in Judge(claim.request)(one)]
        if wrong:  # before anything is paid: identifying faces costs 0.05 units
            await self._setbacks.refuse(claim, tuple(wrong))
            return
        price = self._catalogue.calls.identify_face
        found = await self._calls.ask(claim, price, lambda: self._identify(claim))
        if found is not None:
            await self._found(claim, found, stored)

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
        price = self._catalogue.calls.identify_face
        ask = partial(self._kling.identify_face, video_url=video_url, video_id=video_id)
        return await paid(claim, price, ask)

    async def _found(self, claim: Claim, found: Faces, stored: Mapping[str, StoredInput]) -> None:
        if not found.faces:
            await self._setbacks.refuse(claim, (Problem("no_face"),))
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
            await self._setbacks.refuse(claim, (placed,))
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
