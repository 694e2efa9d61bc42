"""The video of an edit or a motion before it is queued: a URL for Kling, and a length it takes.

Kling takes nothing but a URL here. Of a video that is ours it is asked for a URL of its own, which
lives as long as the video; a link of Discord's ends after a day. Where the length was not known
when the command was answered, the header of the file is read now. Nothing of this is paid.
"""

from dataclasses import replace
from typing import Final

import structlog

from bot.domain.catalogue import Catalogue, shortcomings
from bot.domain.operations.character import of_images
from bot.domain.operations.table import OPERATIONS
from bot.domain.requests import EditRequest, UrlTaker
from bot.domain.rules.measured import measured_problems
from bot.errors import (
    DownloadFailed,
    KlingError,
    KlingNotFound,
    MemberMustChange,
    Problem,
    RequestRefused,
)
from bot.jobs.claim import Claim
from bot.jobs.clip_source import ClipOfTask, kept_id
from bot.jobs.inputs import CLIP, Inputs
from bot.jobs.own_clips import OwnClips
from bot.kling.client import Kling
from storage.store import JobStore

LENGTH_CODES: Final = frozenset({"clip_length", "motion_length", "character_length"})

log = structlog.get_logger(__name__)


class EditClips:
    """Finds the URL and the length of the video that an edit or a motion is made from."""

    def __init__(
        self,
        store: JobStore,
        catalogue: Catalogue,
        inputs: Inputs,
        own_clips: OwnClips,
        kling: Kling,
    ) -> None:
        self._store = store
        self._catalogue = catalogue
        self._inputs = inputs
        self._own_clips = own_clips
        self._kling = kling

    async def settle(self, claim: Claim) -> None:
        """Have the URL of an edit's video among the job's sources, and its length judged.

        Raises `RequestRefused` for a video that Kling no longer has or would not take, and a
        `KlingError` where only Kling knows the URL and does not say it.
        """
        request = claim.request
        if not isinstance(request, UrlTaker) or of_images(request):
            return
        url = await self._url(claim, request)
        if request.video_s is None:
            await self._judge(replace(request, video_url=url))

    async def _url(self, claim: Claim, request: UrlTaker) -> str:
        job, url = claim.job, claim.job.sources.get(CLIP, "")
        own = None if request.of_task else await self._own_clips.find(job)
        task = own.task if own else ClipOfTask.read(request.of_task)
        if task is None:
            return url
        try:
            fresh = await self._kling_url(task)
        except KlingError:
            if not url:
                raise
            return url
        if not fresh and not url:
            raise RequestRefused([Problem("clip_gone", {"kind": request.kind.value})])
        if fresh and own is not None:
            await self._store.put_inputs(job, [kept_id(str(task), own.until)])
        if fresh:
            await claim.save(keep=True, sources={**job.sources, CLIP: fresh})
        return fresh or url

    async def _kling_url(self, task: ClipOfTask) -> str:
        """Return where Kling has it; empty: nowhere any more. Raises other `KlingError`."""
        try:
            found = await self._kling.query(task.route, task.task_id)
        except KlingNotFound:
            return ""
        return found.media[task.index].url if task.index < len(found.media) else ""

    async def _judge(self, request: UrlTaker) -> None:
        """Refuse a video that is none, or of a wrong length; what can't be read, Kling judges."""
        try:
            facts = await self._inputs.clip(request.video_url)
        except (DownloadFailed, MemberMustChange) as failure:
            log.info("edit.not_measured", reason=type(failure).__name__)
            return
        known = replace(request, video_s=facts.seconds)
        found = [*shortcomings(self._catalogue, known)]
        if not isinstance(known, EditRequest):
            found += OPERATIONS[known.kind].problems(known, {})
        lengths = [p for p in found if p.code in LENGTH_CODES]
        problems = [*measured_problems(self._catalogue, request, facts), *lengths]
        if problems:
            raise RequestRefused(problems)
