"""Rules of `/lipsync`: one video, one audio file, and possible times."""

import math
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import urlsplit

from bot.domain import limits
from bot.domain.requests import LipSyncRequest, Offered
from bot.errors import Problem

VIDEO_OPTION: Final = "video"


def lipsync_problems(request: LipSyncRequest, offered: Mapping[str, Offered]) -> Iterator[Problem]:
    """Yield what is wrong with the command, independent of the files' contents."""
    yield from _clip(request, offered)
    if not request.audio:
        yield Problem("audio_missing")
    times = (request.start_s, request.end_s, request.insert_s)
    if all(time is None or (math.isfinite(time) and time >= 0) for time in times):
        yield from _order(request)


def _clip(request: LipSyncRequest, offered: Mapping[str, Offered]) -> Iterator[Problem]:
    attached = offered.get(VIDEO_OPTION)
    if request.video_id:
        return
    if not request.video_url.strip():
        yield Problem("clip_missing")
    elif attached is not None and request.video_url != attached.url:
        yield Problem("clip_both")
    elif attached is None and not _is_web_address(request.video_url):
        yield Problem("url_scheme")


def _is_web_address(url: str) -> bool:
    try:
        return urlsplit(url.strip()).scheme in {"http", "https"}
    except ValueError:
        return False


def _order(request: LipSyncRequest) -> Iterator[Problem]:
    start_s = request.start_s or 0.0
    end_s, insert_s = request.end_s, request.insert_s
    if end_s is not None and end_s <= start_s:
        yield Problem("end_before_start", {"start": start_s, "end": end_s})
    elif end_s is not None and end_s - start_s < limits.SOUND_PART_MIN_S:
        seconds = round(end_s - start_s, 2)
        yield Problem("sound_trim_short", {"seconds": seconds, "min": limits.SOUND_PART_MIN_S})
    if insert_s is not None and insert_s > limits.INSERT_MAX_S:
        yield Problem("insert_too_late", {"given": insert_s, "max": limits.INSERT_MAX_S})
