"""Recognises a video that we posted, when its member brings it back for a lip-sync or an edit.

Kling has its own videos for a month, and an edited copy keeps the name of the file. So the name
only says where to look: what counts is the file in our own message.
"""

from dataclasses import dataclass
from urllib.parse import urlsplit

from bot.clock import Clock
from bot.discord.poster import PostedFile, Poster
from bot.domain.limits import RESULTS_KEPT_DAYS
from bot.domain.policy.backoff import DAY_S
from bot.domain.requests import LipSyncRequest, Request
from bot.domain.routes import Route
from bot.errors import PostError
from bot.jobs.clip_source import ClipOfTask
from bot.jobs.inputs import CLIP, CLIP_SIZE_FACT
from bot.messages.filenames import OurName, job_linked, name_of_ours
from storage.job import Job
from storage.store import JobStore


@dataclass(frozen=True, slots=True)
class OwnClip:
    """A video that Kling still has."""

    video_id: str
    """Kling's id of the video; empty: it gave none."""
    task: ClipOfTask
    until: float
    """When Kling deletes it (Unix seconds)."""


async def links_to_another(store: JobStore, request: Request, user_id: int) -> bool:
    """Tell whether a lip-sync was given Discord's URL of a result of ours for another member.

    The file name in it says so; Kling's links, posted where a result was too large, have none of
    ours. It proves nothing, but nothing is given away by a refusal, and a renamed file has been
    uploaded by somebody. Raises `StorageUnavailable`.
    """
    if not isinstance(request, LipSyncRequest) or request.video_attached:
        return False
    job_id = job_linked(request.video_url)
    made = await store.get(job_id) if job_id else None
    return made is not None and made.origin.user_id != user_id


def clip_at_kling(made: Job, index: int) -> OwnClip | None:
    """Return one of a job's results as Kling has it; None if it is no video. Pure."""
    media = (made.outcome or {}).get("media", ())
    clip = media[index] if 0 <= index < len(media) else {}
    if clip.get("kind") != CLIP or made.task_id is None:
        return None
    made_at = made.finished_at or made.created_at
    return OwnClip(
        str(clip.get("id") or ""),
        ClipOfTask(Route(made.route), made.task_id, index),
        made_at + RESULTS_KEPT_DAYS * DAY_S,
    )


class OwnClips:
    """Videos that were made for a member and posted by us."""

    def __init__(self, store: JobStore, poster: Poster, clock: Clock) -> None:
        self._store = store
        self._poster = poster
        self._clock = clock

    async def find(self, job: Job) -> OwnClip | None:
        """Return the video of ours that this job names; None without proof, or past its time.

        Proven is a video that was made for the same member, and that is the file in our message: by
        its URL, or, attached again, by its name and its size.
        """
        url = job.sources.get(CLIP, "")
        named = name_of_ours(url)
        made = await self._store.get(named.job_id) if named else None
        if named is None or made is None or made.origin.user_id != job.origin.user_id:
            return None
        clip = clip_at_kling(made, named.index)
        if clip is None or clip.until <= self._clock.now():
            return None
        size_bytes = job.question.get(CLIP_SIZE_FACT)
        for posted in await self._posted(named):
            same_place = urlsplit(posted.url)[1:3] == urlsplit(url)[1:3]
            if same_place or (
                posted.filename == named.filename and posted.size_bytes == size_bytes
            ):
                return clip
        return None

    async def _posted(self, named: OurName) -> list[PostedFile]:
        """Return the files of the message that the name refers to; none if it can't be read."""
        deliveries = await self._store.deliveries(named.job_id)
        told = next((d for d in deliveries if d.nonce == named.nonce), None)
        if told is None or told.channel_id is None or not told.message_id:
            return []
        try:
            return await self._poster.files(told.channel_id, told.message_id)
        except PostError:
            return []
