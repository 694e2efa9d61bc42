"""The videos that a job goes on from, as files: from Kling, or from our own messages.

Kling keeps its results for 30 days, and a message is kept as long as its channel wants. A job that
was deleted is asked for nothing any more, wherever its video may still be.
"""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import structlog

from bot.discord.poster import Poster
from bot.domain.outcomes import clip_of
from bot.domain.routes import Route
from bot.errors import (
    BotError,
    DownloadFailed,
    DownloadGone,
    KlingError,
    KlingNotFound,
    KlingRefusedRequest,
    PostError,
    PostImpossible,
    UrlRefused,
)
from bot.kling.client import Kling
from bot.media.download import Downloader
from bot.messages.filenames import index_of, is_joined
from storage.job import Job
from storage.store import JobStore

PART_MAX_BYTES: Final = 1_000_000_000
"""A larger one is refused, whatever its server claims."""
PART_TIMEOUT_S: Final = 300.0

log = structlog.get_logger(__name__)


class EarlierParts:
    """Fetches them into a folder, each once for each folder.

    All methods raise `DownloadFailed` or `KlingError` where another try may bring more.
    """

    def __init__(
        self,
        store: JobStore,
        kling: Kling,
        poster: Poster,
        from_kling: Downloader,
        from_discord: Downloader,
    ) -> None:
        self._store = store
        self._kling = kling
        self._poster = poster
        self._from_kling = from_kling
        self._from_discord = from_discord

    async def last(self, chain: Sequence[str], folder: Path) -> Path | None:
        """Return a video that ends with the last of these jobs' videos; None: it is gone."""
        return await self._part(chain[-1], folder) or await self.whole(chain[-1], folder)

    async def all(
        self, chain: Sequence[str], folder: Path, *, patient: bool
    ) -> tuple[Path, ...] | None:
        """Return the videos of these jobs in order, as few files as it takes; None: one is gone.

        Where a job's own part is gone, the message of it or of a later job may hold all up to it.
        While it is `patient`, a part that Kling can't be asked for is waited for instead.
        """
        found: list[Path] = []
        for place in reversed(range(len(chain))):
            trouble: BotError | None = None
            try:
                part = await self._part(chain[place], folder, patient=patient)
            except (DownloadFailed, KlingError) as failure:
                if patient and not isinstance(failure, KlingRefusedRequest):
                    raise
                part, trouble = None, failure
            if part is not None:
                found.insert(0, part)
                continue
            for later in range(place, len(chain)):
                whole = await self.whole(chain[later], folder)
                if whole is not None:
                    return (whole, *found[later - place :])
            if trouble is not None:
                raise trouble
            return None
        return tuple(found)

    async def whole(self, job_id: str, folder: Path) -> Path | None:
        """Return a job's video as we posted it, joined to all before it; None: we did not."""
        job = await self._known(job_id)
        return None if job is None else await self._posted(job, folder, joined=True)

    async def _part(self, job_id: str, folder: Path, *, patient: bool = True) -> Path | None:
        """Return the video that a job made, alone: from Kling, or as we posted it.

        Kling's is as it was made, so while it is `patient` ours is taken only once Kling has none,
        or refuses to say where it is.
        """
        job = await self._known(job_id)
        if job is None:
            return None
        trouble: BotError | None = None
        try:
            made = await self._made(job, folder)
        except (DownloadFailed, KlingError) as failure:
            if patient and not isinstance(failure, KlingRefusedRequest):
                raise
            made, trouble = None, failure
        found = made or await self._posted(job, folder, joined=False)
        if found is None and trouble is not None:
            raise trouble
        return found

    async def _known(self, job_id: str) -> Job | None:
        job = await self._store.get(job_id)
        return None if job is None or job.unwanted else job

    async def _made(self, job: Job, folder: Path) -> Path | None:
        path = folder / f"part-{job.id}.mp4"
        if await asyncio.to_thread(path.exists):
            return path
        place = _place_of_clip(job)
        if place is None or job.task_id is None:
            return None
        try:
            task = await self._kling.query(Route(job.route), job.task_id)
        except KlingNotFound:
            return None
        if place >= len(task.media):
            return None
        return await self._fetched(self._from_kling, task.media[place].url, folder, path)

    async def _posted(self, job: Job, folder: Path, *, joined: bool) -> Path | None:
        path = folder / f"{'whole' if joined else 'posted'}-{job.id}.mp4"
        if await asyncio.to_thread(path.exists):
            return path
        place = _place_of_clip(job)
        for told in await self._store.deliveries(job.id):
            if told.told_at is None or told.channel_id is None or not told.message_id:
                continue
            try:
                files = await self._poster.files(told.channel_id, told.message_id)
            except PostImpossible:
                continue  # deleted, or not to be read any more
            except PostError as failure:
                raise DownloadFailed("Discord", type(failure).__name__) from failure
            for file in files:
                index = index_of(job.id, file.filename, of_video=True)
                part = index is not None and index == place
                if is_joined(job.id, file.filename) if joined else part:
                    fetched = await self._fetched(self._from_discord, file.url, folder, path)
                    if fetched is not None:
                        return fetched
        return None

    async def _fetched(
        self, downloader: Downloader, url: str, folder: Path, path: Path
    ) -> Path | None:
        try:
            came = await downloader.fetch_to(url, folder, PART_MAX_BYTES, PART_TIMEOUT_S)
        except (DownloadGone, UrlRefused) as gone:
            log.info("part.gone", reason=type(gone).__name__)
            return None
        await asyncio.to_thread(came.rename, path)
        return path


def _place_of_clip(job: Job) -> int | None:
    """Return which of the job's results is its video, from 0."""
    media = list((job.outcome or {}).get("media", ()))
    clip = clip_of(job.outcome)
    return media.index(clip) if clip else None
