"""Rules of `/lipsync`: one video, one audio file, and possible times."""

import math
from collections.abc import Iterator, Mapping

from bot.domain import limits
from bot.domain.given_clip import clip_choice_problems
from bot.domain.requests import LipSyncRequest, Offered
from bot.domain.spoken_words import words_or_sound
from bot.errors import Problem


def lipsync_problems(request: LipSyncRequest, offered: Mapping[str, Offered]) -> Iterator[Problem]:
    """Yield what is wrong with the command, independent of the files' contents."""
    if not request.video_id:
        yield from clip_choice_problems(request, offered)
    yield from words_or_sound(request)
    times = (request.start_s, request.end_s, request.insert_s)
    if all(time is None or (math.isfinite(time) and time >= 0) for time in times):
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
