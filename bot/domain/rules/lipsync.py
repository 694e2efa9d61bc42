"""Rules of `/lipsync`: one clip, one sound, and times that can be."""

import math
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import urlsplit

from bot.domain import limits
from bot.domain.requests import LipSyncRequest, Offered
from bot.domain.rules.options import number_problems
from bot.errors import Problem

VIDEO_OPTION: Final = "video"
AUDIO_OPTION: Final = "audio"


def lipsync_problems(request: LipSyncRequest, offered: Mapping[str, Offered]) -> Iterator[Problem]:
    """Yield what is wrong with the command, whatever the clip and the sound turn out to be."""
    yield from _clip(request, offered)
    if AUDIO_OPTION not in offered:
        yield Problem("audio_missing")
    yield from _times(request)
    yield from number_problems("volume", request.volume, limits.VOLUME)
    yield from number_problems("original_volume", request.original_volume, limits.VOLUME)


def _clip(request: LipSyncRequest, offered: Mapping[str, Offered]) -> Iterator[Problem]:
    attached = offered.get(VIDEO_OPTION)
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


def _times(request: LipSyncRequest) -> Iterator[Problem]:
    named = {"start": request.start_s, "end": request.end_s, "insert": request.insert_s}
    sound = True
    for option, value in named.items():
        if value is None:
            continue
        if not math.isfinite(value):
            yield Problem("not_a_number", {"option": option})
            sound = False
        elif value < 0:
            yield Problem("time_negative", {"option": option, "given": value})
            sound = False
    if sound:
        yield from _order(request)


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
