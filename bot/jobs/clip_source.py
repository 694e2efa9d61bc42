"""Where to find a job's video again: stored with the inputs, because the video itself is not.

Our own video is stored as Kling's id, which lives as long as the video; any other as its URL, and a
Discord link only until it expires. So "run again" works for as long as it can. Pure.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from bot.domain.requests import ClipTaker, EditRequest, Request
from bot.jobs.faces import link_ends_at
from bot.jobs.inputs import CLIP
from storage.job import StoredInput

URL_TYPE: Final = "text/uri-list"
ID_TYPE: Final = "text/plain"
"""Which of the two an input named `video` is: its data are the URL, or Kling's id."""


def kept_url(url: str) -> StoredInput:
    """Return what is stored of a video that Kling fetches."""
    data = url.encode(errors="surrogatepass")
    return StoredInput(CLIP, URL_TYPE, data, until=link_ends_at(url))


def kept_id(video_id: str, until: float) -> StoredInput:
    """Return what is stored of a video that Kling has, until it deletes it (Unix seconds)."""
    return StoredInput(CLIP, ID_TYPE, video_id.encode(), until=until)


def with_clip(request: ClipTaker, source: StoredInput | None, now: float) -> ClipTaker | None:
    """Return the request with its video in it again; None if that is no longer available."""
    if source is None or (source.until is not None and source.until <= now):
        return None
    found = source.data.decode(errors="surrogatepass")
    if isinstance(request, EditRequest):
        return replace(request, video_url=found) if source.media_type == URL_TYPE else None
    if source.media_type == ID_TYPE:
        return replace(request, video_url="", video_id=found)
    return replace(request, video_url=found, video_id="")


def with_url(request: Request, sources: Mapping[str, str]) -> Request:
    """Return the request with the URL of its video, which is stored with the job's sources."""
    if not isinstance(request, EditRequest):
        return request
    return replace(request, video_url=sources.get(CLIP, ""))
