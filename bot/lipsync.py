"""Where a sound goes on a face: the times of `face_choose`, worked out and checked. Pure."""

from collections.abc import Sequence
from typing import Any

from bot.errors import Problem
from bot.kling.tasks import Face, LipSyncChoice
from bot.policy import SOUND_MIN_MS
from bot.requests import LipSyncRequest


def _ms(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * 1_000)


def place_sound(
    request: LipSyncRequest, session_id: str, face: Face, sound_ms: int
) -> LipSyncChoice | Problem:
    """Return where the sound goes, or the problem with it.

    Unset times mean: as much of the sound as fits, at the start of the face's interval. Kling wants
    at least 2 s of sound and at least 2 s of it while the face is there (its lip-sync page).
    """
    start = _ms(request.start_s) or 0
    insert = face.start_ms if request.insert_s is None else round(request.insert_s * 1_000)
    wanted = _ms(request.end_s)
    end = sound_ms if wanted is None else wanted
    if start >= sound_ms or end > sound_ms:
        return Problem("sound_range", {"seconds": round(sound_ms / 1_000, 1)})
    if end - start < SOUND_MIN_MS:
        return Problem("sound_trim_short", {"seconds": round((end - start) / 1_000, 1)})
    if wanted is None:
        end = min(end, start + max(0, face.end_ms - insert))
    overlap = min(insert + end - start, face.end_ms) - max(insert, face.start_ms)
    if overlap < SOUND_MIN_MS:
        return Problem(
            "face_overlap_short",
            {"start": round(face.start_ms / 1_000, 1), "end": round(face.end_ms / 1_000, 1)},
        )
    return LipSyncChoice(session_id, face.face_id, start, end, insert)


def same_faces(old: Sequence[Any], new: Sequence[Face]) -> bool:
    """Tell whether faces identified again are those that were identified before."""
    before = [(f.get("face_id"), f.get("start_ms"), f.get("end_ms")) for f in old]
    return before == [(f.face_id, f.start_ms, f.end_ms) for f in new]
