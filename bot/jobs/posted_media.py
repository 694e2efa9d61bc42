"""The images and videos of a job as they lie in our messages: what a member goes on from.

Kling's own URLs are signed and not kept; Discord gives fresh ones with each press. Kling knows its
own videos by an id for a month.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from bot.clock import Clock
from bot.discord.poster import Poster
from bot.domain.requests import Offered
from bot.errors import PostError, Problem
from bot.jobs.clip_source import kept_id
from bot.jobs.inputs import CLIP
from bot.jobs.own_clips import clip_at_kling
from bot.messages.filenames import index_of, is_joined
from storage.job import Job, StoredInput
from storage.store import JobStore


@dataclass(frozen=True, slots=True)
class MadeClip:
    """The video of a job: Kling's id of it, its URL in our message, or both."""

    video_id: str
    """Empty: Kling gave it none, or no longer has it."""
    url: str = field(repr=False)
    """Empty: it is in no message of ours."""
    until: float
    """When Kling deletes it (Unix seconds)."""
    seconds: float | None
    """How long it is, as Kling said."""

    @property
    def stored(self) -> tuple[StoredInput, ...]:
        """What a job keeps of it beside its URL."""
        return (kept_id(self.video_id, self.until),) if self.video_id else ()


class PostedMedia:
    """Finds them."""

    def __init__(self, store: JobStore, poster: Poster, clock: Clock) -> None:
        self._store = store
        self._poster = poster
        self._clock = clock

    async def clip(self, job: Job, shown: Sequence[Offered] = ()) -> MadeClip | Problem:
        """Return the last video of a job, or why it can't be had any more; `shown` as in `of`.

        Whatever is made of it does without the other way as long as there is one. Of a video that
        goes on from others it is the part that the job made: a file with all of them is no file of
        it, and Kling takes no part of a file.
        """
        media = (job.outcome or {}).get("media", ())
        index = max((n for n, one in enumerate(media) if one.get("kind") == CLIP), default=-1)
        known = clip_at_kling(job, index)
        if known is None:
            return Problem("video_gone")
        posted = (await self.of(job, CLIP, shown)).get(index)
        video_id = known.video_id if known.until > self._clock.now() else ""
        if not video_id and posted is None:
            return await self._why_gone(job, shown)
        seconds = media[index].get("duration_s")
        return MadeClip(video_id, posted.url if posted else "", known.until, seconds)

    async def of(self, job: Job, kind: str, shown: Sequence[Offered] = ()) -> dict[int, Offered]:
        """Return the media of a kind of a job that are at hand, by number from 0.

        `shown` are the files of the message under which somebody pressed. Where none of them is of
        the job and the kind, its messages are read; there may be none, for example after all were
        too large for a file.
        """
        return _of_kind(job, kind, shown) or await self._posted(job, kind)

    async def _why_gone(self, job: Job, shown: Sequence[Offered]) -> Problem:
        files = shown or await self._files(job)
        joined = any(is_joined(job.id, file.filename) for file in files)
        return Problem("last_part_gone" if joined else "video_gone")

    async def _posted(self, job: Job, kind: str) -> dict[int, Offered]:
        return _of_kind(job, kind, await self._files(job))

    async def _files(self, job: Job) -> list[Offered]:
        """Return the files of all its messages that can be read, the newest message first."""
        found: list[Offered] = []
        for told in await self._store.deliveries(job.id):
            if told.told_at is None or told.channel_id is None or not told.message_id:
                continue
            try:
                files = await self._poster.files(told.channel_id, told.message_id)
            except PostError:
                continue  # deleted, or not to be read any more
            here = [Offered(f.filename, f.filename, f.url, f.size_bytes) for f in files]
            found = [*here, *found]
        return found


def _of_kind(job: Job, kind: str, files: Iterable[Offered]) -> dict[int, Offered]:
    media = (job.outcome or {}).get("media", ())
    is_video = kind == CLIP
    numbered = {index_of(job.id, file.filename, of_video=is_video): file for file in files}
    return {
        index: file
        for index, file in numbered.items()
        if index is not None and index < len(media) and media[index].get("kind") == kind
    }
