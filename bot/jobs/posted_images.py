"""The images of a job as they lie in our messages: what a member goes on from.

Kling's own URLs are signed and not kept; Discord gives fresh ones with each press.
"""

from collections.abc import Iterable, Sequence

from bot.discord.poster import Poster
from bot.domain.requests import Offered
from bot.errors import PostError
from bot.messages.filenames import index_of
from storage.job import Job
from storage.store import JobStore


class PostedImages:
    """Finds them."""

    def __init__(self, store: JobStore, poster: Poster) -> None:
        self._store = store
        self._poster = poster

    async def of(self, job: Job, shown: Sequence[Offered] = ()) -> dict[int, Offered]:
        """Return the images of a job that are at hand, by number from 0.

        `shown` are the files of the message under which somebody pressed. Where none of them is an
        image of the job, its messages are read; there may be none, for example after all were too
        large for a file.
        """
        return _images(job, shown) or await self._posted(job)

    async def _posted(self, job: Job) -> dict[int, Offered]:
        found: dict[int, Offered] = {}
        for told in await self._store.deliveries(job.id):
            if told.told_at is None or told.channel_id is None or not told.message_id:
                continue
            try:
                files = await self._poster.files(told.channel_id, told.message_id)
            except PostError:
                continue  # deleted, or not to be read any more
            offered = [Offered(f.filename, f.filename, f.url, f.size_bytes) for f in files]
            found = _images(job, offered) | found
        return found


def _images(job: Job, files: Iterable[Offered]) -> dict[int, Offered]:
    media = (job.outcome or {}).get("media", ())
    numbered = {index_of(job.id, file.filename): file for file in files}
    return {
        index: file
        for index, file in numbered.items()
        if index is not None and index < len(media) and media[index].get("kind") == "image"
    }
