"""Where to find a job's video again: stored with the inputs, because the video itself is not.

Our own video is stored as Kling's id, which lives as long as the video; any other as its URL, and a
Discord link only until it expires. So "run again" works for as long as it can. Pure.
"""

from dataclasses import replace
from typing import Final

from bot.domain.requests import LipSyncRequest
from bot.jobs.faces import link_ends_at
from bot.jobs.inputs import CLIP
from storage.job import StoredInput

SOURCE_TYPE: Final = "text/uri-list"
ID_FACT: Final = "video_id"


def kept_url(url: str) -> StoredInput:
    """Return what is stored of a video that Kling fetches."""
    data = url.encode(errors="surrogatepass")
    return StoredInput(CLIP, SOURCE_TYPE, data, {}, until=link_ends_at(url))


def kept_id(video_id: str, until: float) -> StoredInput:
    """Return what is stored of a video that Kling has, until it deletes it (Unix seconds)."""
    return StoredInput(CLIP, SOURCE_TYPE, b"", {ID_FACT: video_id}, until=until)


def with_clip(
    request: LipSyncRequest, source: StoredInput | None, now: float
) -> LipSyncRequest | None:
    """Return the request with its video in it again; None if that is no longer available."""
    if source is None or (source.until is not None and source.until <= now):
        return None
    url = source.data.decode(errors="surrogatepass")
    return replace(request, video_url=url, video_id=str(source.facts.get(ID_FACT, "")))
