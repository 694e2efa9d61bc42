"""Where to find a job's video again: stored with the inputs, because the video itself is not.

Our own video is stored as what Kling knows it by, for as long as it has it: a lip-sync names it by
its id, and for an edit, which takes nothing but a URL, its task is asked for one. Any other is
stored as its URL, a Discord link only until it expires. So "run again" works for as long as it can.
Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from bot.domain.requests import ByIdTaker, ClipTaker, LipSyncRequest, Request, SoundtrackRequest
from bot.domain.routes import Route
from bot.errors import Problem
from bot.jobs.faces import link_ends_at
from bot.jobs.inputs import CLIP
from storage.job import StoredInput

URL_TYPE: Final = "text/uri-list"
ID_TYPE: Final = "text/plain"
"""Which of the two an input named `video` is: its data are the URL, or what Kling knows it by."""


@dataclass(frozen=True, slots=True)
class ClipOfTask:
    """A video as the result of a task at Kling, which says at which URL it is now."""

    route: Route
    task_id: str
    index: int

    def __str__(self) -> str:
        """Return what `read` reads."""
        return f"{self.index} {self.route.value} {self.task_id}"

    @classmethod
    def read(cls, text: str) -> "ClipOfTask | None":
        """Return it again; None: the text is something else, or of a version to come."""
        try:
            index, route, task_id = text.split(" ", 2)
            found = cls(Route(route), task_id, int(index))
        except ValueError:
            return None
        return found if found.index >= 0 else None


def kept_url(url: str) -> StoredInput:
    """Return what is stored of a video that Kling fetches."""
    data = url.encode(errors="surrogatepass")
    return StoredInput(CLIP, URL_TYPE, data, until=link_ends_at(url))


def kept_id(video: str, until: float) -> StoredInput:
    """Return what is stored of a video that Kling has, until it deletes it (Unix seconds).

    `video` is its id, or for an edit its task.
    """
    return StoredInput(CLIP, ID_TYPE, video.encode(), until=until)


def with_clip(request: ClipTaker, source: StoredInput | None, now: float) -> ClipTaker | None:
    """Return the request with its video in it again; None if that is no longer available."""
    if source is None or (source.until is not None and source.until <= now):
        return None
    if not isinstance(source.data, bytes):  # far larger than a URL can be
        return None
    found = source.data.decode(errors="surrogatepass")
    if not isinstance(request, ByIdTaker):
        if source.media_type == URL_TYPE:
            return replace(request, video_url=found, of_task="")
        return None if ClipOfTask.read(found) is None else replace(request, of_task=found)
    if source.media_type == ID_TYPE:
        return replace(request, video_url="", video_id=found)
    return replace(request, video_url=found, video_id="")


def clip_ended(request: ClipTaker, source: StoredInput | None) -> Problem:
    """Return what is told where `with_clip` finds nothing."""
    if isinstance(request, SoundtrackRequest):  # there is no command to give it to
        return Problem("video_gone")
    by_link = request.video_attached and (source is None or source.media_type == URL_TYPE)
    return Problem("clip_link_ended" if by_link else "clip_gone", {"kind": request.kind.value})


def with_url(request: Request, sources: Mapping[str, str]) -> Request:
    """Return the request with the URL of its video, which is stored with the job's sources."""
    if not isinstance(request, ClipTaker) or isinstance(request, LipSyncRequest):
        return request
    return replace(request, video_url=sources.get(CLIP, ""))
