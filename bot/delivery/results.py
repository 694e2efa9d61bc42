"""Turns results at Kling into files that fit into a message."""

import asyncio
import contextlib
import stat
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import structlog

from bot.background import Background
from bot.clock import Clock
from bot.delivery.folders import Folders
from bot.domain.policy.delivery import joined_timeout_s
from bot.domain.requests import Route
from bot.errors import (
    DownloadFailed,
    DownloadGone,
    KlingNotFound,
    MediaRefused,
    MediaWorkerFailed,
)
from bot.jobs.claim import Claim
from bot.kling.client import Kling
from bot.media import kinds
from bot.media.download import Downloader
from bot.media.kinds import SIGNATURE_BYTES, kind_of
from bot.media.pool import MediaPool
from bot.media.products import FilePart
from bot.media.tasks import fit, poster, prepare_picture, preview
from storage.job import Job
from storage.scratch import Scratch

RESULT_MAX_BYTES: Final = 1_000_000_000
"""A larger result is refused, whatever its server claims: Kling's videos are far smaller."""
DOWNLOAD_TIMEOUT_S: Final = 600.0
FIT_TIMEOUT_S: Final = 600.0
POSTER_TIMEOUT_S: Final = 60.0
PREVIEW_FROM_BYTES: Final = 20_000_000
"""A larger image is made smaller from its file, with room for one copy in memory."""
PREVIEW_TIMEOUT_S: Final = 180.0
CLIP_KIND: Final = "video"
SOUND_KIND: Final = "audio"
SHOWN_KINDS: Final = frozenset(
    {
        kinds.JPEG,
        kinds.PNG,
        kinds.WEBP,
        kinds.GIF,
        kinds.MP4,
        kinds.MOV,
        kinds.WEBM,
    }
)
"""What an image or a video of Kling may be: kinds that Discord shows."""
SOUND_KINDS: Final = frozenset({kinds.MP3, kinds.WAV, kinds.M4A, kinds.AAC, kinds.OGG, kinds.FLAC})
"""What a sound of Kling may be: kinds that Discord plays."""
RESULT_NAME: Final = "result-{index}{suffix}"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ResultFile:
    """One result on disk."""

    index: int
    path: Path
    size_bytes: int
    is_clip: bool
    is_sound: bool
    member: int
    """Whose turn it takes where results are made to fit."""
    joined_s: int = 0
    """How long it is with the earlier videos that come first in it; 0: none do."""

    @property
    def joined(self) -> bool:
        """Whether earlier videos come first in it."""
        return self.joined_s > 0

    @property
    def suffix(self) -> str:
        """The suffix of its file name, by content."""
        return self.path.suffix


class Results(Folders):
    """Fetches results and makes them smaller."""

    def __init__(
        self,
        kling: Kling,
        downloader: Downloader,
        pool: MediaPool,
        join_pool: MediaPool,
        scratch: Scratch,
        clock: Clock,
        background: Background,
    ) -> None:
        super().__init__(scratch, clock, background)
        self._kling = kling
        self._downloader = downloader
        self._pool = pool
        self._join_pool = join_pool

    async def ask_for_urls(self, claim: Claim) -> None:
        """Have result URLs in the row: ask Kling again if there are none.

        Raises `DownloadGone` for a task that Kling no longer has, and other `KlingError`; the URLs
        stay empty if Kling no longer has the results.
        """
        if claim.job.result_urls or claim.job.task_id is None:
            return
        try:
            task = await self._kling.query(Route(claim.job.route), claim.job.task_id)
        except KlingNotFound as forgotten:
            raise DownloadGone("Kling", 404) from forgotten
        await claim.know_urls(tuple(m.url for m in task.media))

    async def fetch(self, claim: Claim, index: int, folder: Path) -> ResultFile:
        """Download one result, once for each folder; an expired URL is replaced by a fresh one.

        Raises `DownloadGone` if Kling no longer has it, `UrlRefused` for a URL that must not be
        downloaded, `DownloadFailed` or `KlingError`.
        """
        fetched = await asyncio.to_thread(_fetched_before, claim.job, index, folder)
        if fetched is not None:
            return fetched
        await self.ask_for_urls(claim)
        try:
            return await self._download(claim.job, index, folder)
        except DownloadGone:
            await claim.know_urls(())
            await self.ask_for_urls(claim)
        return await self._download(claim.job, index, folder)

    async def fitted(self, result: ResultFile, folder: Path, limit_bytes: int) -> ResultFile | None:
        """Return the result in at most `limit_bytes`, or None if it can't be made that small."""
        if result.size_bytes <= limit_bytes:
            return result
        if result.is_sound:
            return None
        try:
            path = await (self._fit_clip if result.is_clip else self._fit_picture)(
                result, folder, limit_bytes
            )
        except (MediaRefused, MediaWorkerFailed) as failure:
            log.warning("result.not_fitted", reason=str(failure))
            return None
        size = None if path is None else await asyncio.to_thread(size_of, path, folder)
        if path is None or size is None or size > limit_bytes:
            return None
        return replace(result, path=path, size_bytes=size)

    async def poster_frame(self, result: ResultFile, limit_bytes: int) -> bytes | None:
        """Return a JPEG that stands for a video posted as a link, or None."""
        if not result.is_clip:
            return None
        try:
            data = await self._pool.run(
                poster, result.path, member=result.member, deadline_s=POSTER_TIMEOUT_S
            )
        except (MediaRefused, MediaWorkerFailed):
            return None
        return data if len(data) <= limit_bytes else None

    async def _fit_clip(self, result: ResultFile, folder: Path, limit_bytes: int) -> Path | None:
        """A video joined of parts is up to a minute long: no other result waits for it."""
        joined = result.joined
        pool = self._join_pool if joined else self._pool
        deadline_s = joined_timeout_s(result.joined_s) if joined else FIT_TIMEOUT_S
        return await pool.run(
            fit, result.path, folder, limit_bytes, member=result.member, deadline_s=deadline_s
        )

    async def _fit_picture(self, result: ResultFile, folder: Path, limit_bytes: int) -> Path | None:
        if result.size_bytes > PREVIEW_FROM_BYTES:
            return await self._pool.run(
                preview,
                result.path,
                folder,
                limit_bytes,
                member=result.member,
                deadline_s=PREVIEW_TIMEOUT_S,
            )
        picture = await self._pool.run(
            prepare_picture,
            FilePart(result.path),
            limit_bytes,
            member=result.member,
            deadline_s=POSTER_TIMEOUT_S,
        )
        suffix = ".png" if picture.media_type == "image/png" else ".jpg"
        path = folder / f"fitted-{result.index}{suffix}"
        await asyncio.to_thread(path.write_bytes, picture.data)
        return path

    async def _download(self, job: Job, index: int, folder: Path) -> ResultFile:
        if index >= len(job.result_urls):
            raise DownloadGone("Kling", 404)
        path = await self._downloader.fetch_to(
            job.result_urls[index], folder, RESULT_MAX_BYTES, DOWNLOAD_TIMEOUT_S
        )
        return await asyncio.to_thread(result_file, job, index, path)


def size_of(path: Path, folder: Path) -> int | None:
    """Return the size of a file in the folder; None for any other path that a worker may name."""
    with contextlib.suppress(OSError, ValueError):
        found = path.lstat()
        if path.parent == folder and stat.S_ISREG(found.st_mode):
            return found.st_size
    return None


def _kind(job: Job, index: int) -> str:
    media = (job.outcome or {}).get("media", ())
    return str(media[index].get("kind")) if index < len(media) else ""


def _fetched_before(job: Job, index: int, folder: Path) -> ResultFile | None:
    path = next(folder.glob(RESULT_NAME.format(index=index, suffix=".*")), None)
    return None if path is None else result_at(job, index, path)


def result_file(job: Job, index: int, path: Path) -> ResultFile:
    """Name the file that was downloaded by what it is; blocks.

    Raises `DownloadFailed` for what Kling never makes, and for sound where it made something else.
    """
    with path.open("rb") as file:
        kind = kind_of(file.read(SIGNATURE_BYTES))
    known = SHOWN_KINDS | SOUND_KINDS if _kind(job, index) == SOUND_KIND else SHOWN_KINDS
    if kind is None or kind not in known:
        raise DownloadFailed("Kling", "not media")
    named = path.with_name(RESULT_NAME.format(index=index, suffix=kind.suffix))
    path.rename(named)
    return result_at(job, index, named)


def result_at(job: Job, index: int, path: Path) -> ResultFile:
    """Return this result of a job, which is a file here; blocks."""
    kind, size = _kind(job, index), path.stat().st_size
    is_clip, is_sound = kind == CLIP_KIND, kind == SOUND_KIND
    return ResultFile(index, path, size, is_clip, is_sound, job.origin.user_id)
