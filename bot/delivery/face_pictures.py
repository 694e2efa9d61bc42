"""The pictures of the faces that a member chooses from."""

import asyncio
from typing import Final

from bot.errors import DownloadFailed, UrlRefused
from bot.jobs.faces import FACE_SOURCE
from bot.media.download import Downloader
from bot.messages.message import FILES_MAX, File
from storage.job import Job

FACE_PICTURE_MAX_BYTES: Final = 1_000_000
FACE_PICTURE_TIMEOUT_S: Final = 15.0


class FacePictures:
    """Fetches them from Kling, together: all take as long as the slowest."""

    def __init__(self, downloader: Downloader) -> None:
        self._downloader = downloader

    async def of(self, job: Job) -> tuple[File, ...]:
        """Return those that can be fetched, in order: the menu names each face's seconds too."""
        count = min(FILES_MAX, len(job.question.get("faces", ())))
        fetching = (self._one(job, number) for number in range(1, count + 1))
        return tuple(file for file in await asyncio.gather(*fetching) if file is not None)

    async def _one(self, job: Job, number: int) -> File | None:
        url = job.sources.get(FACE_SOURCE.format(number=number))
        if url is None:
            return None
        try:
            data = await self._downloader.fetch_bytes(
                url, FACE_PICTURE_MAX_BYTES, FACE_PICTURE_TIMEOUT_S
            )
        except (DownloadFailed, UrlRefused):
            return None
        return File(f"face-{number}.jpg", alt=f"{number}", data=data)
