"""Where audio goes on a face: the times of `face_choose`, worked out and checked. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from bot.domain.limits import SOUND_PART_MIN_S
from bot.domain.policy.backoff import DAY_S, HOUR_S
from bot.domain.requests import DURATION_FACT, LipSyncRequest, Request
from bot.errors import (
    Problem,
)
from bot.jobs.inputs import SOUND
from bot.jobs.speech import spoken
from bot.kling.tasks import Face, LipSyncChoice
from bot.messages.face_menu import face_values
from storage.job import StoredInput


def _ms(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * 1_000)


def chosen_face(question: Mapping[str, object]) -> LipSyncChoice | None:
    """Return which face speaks and when, once that is settled."""
    chosen = question.get("choice")
    return LipSyncChoice(**chosen) if isinstance(chosen, dict) else None


def sound_ms(stored: StoredInput) -> int:
    """Return the length of stored audio, in milliseconds."""
    return round(float(stored.facts.get(DURATION_FACT, 0.0)) * 1_000)


@dataclass(frozen=True, slots=True)
class Judge:
    """Finds what is wrong with `start` and `end` for an audio file, whatever the faces will be."""

    request: Request | None = None
    """Nothing to check without a request, or if it is not a lip-sync."""

    def __call__(self, stored: StoredInput) -> Iterator[Problem]:
        """Yield the problem with the part of this audio, if there is one."""
        if isinstance(self.request, LipSyncRequest) and stored.name == SOUND:
            part = _part(self.request, sound_ms(stored))
            if isinstance(part, Problem):
                yield part


def _part(request: LipSyncRequest, sound_ms: int) -> tuple[int, int] | Problem:
    """Return start and end of the requested part, in milliseconds of the audio."""
    start, end = _ms(request.start_s) or 0, _ms(request.end_s)
    end = sound_ms if end is None else end
    if start >= sound_ms or end > sound_ms:
        return Problem("sound_range", {"seconds": round(sound_ms / 1_000, 1)})
    if end - start < SOUND_PART_MIN_S * 1_000:
        return Problem("sound_trim_short", {"seconds": round((end - start) / 1_000, 1)})
    return start, end


def place_sound(
    request: LipSyncRequest, session_id: str, face: Face, sound_ms: int
) -> LipSyncChoice | Problem:
    """Return where the audio goes, or the problem with it.

    Unset times mean: as much of the audio as fits, at the start of the face's interval. Kling needs
    at least 2 s of audio, at least 2 s of it while the face is visible (its lip-sync page).
    """
    part = _part(request, sound_ms)
    if isinstance(part, Problem):
        return part
    start, end = part
    insert = face.start_ms if request.insert_s is None else round(request.insert_s * 1_000)
    if request.end_s is None:
        end = min(end, start + max(0, face.end_ms - insert))
    overlap = min(insert + end - start, face.end_ms) - max(insert, face.start_ms)
    if overlap < SOUND_PART_MIN_S * 1_000:
        return Problem(
            "face_overlap_short",
            {"start": round(face.start_ms / 1_000, 1), "end": round(face.end_ms / 1_000, 1)},
        )
    return LipSyncChoice(session_id, face.face_id, start, end, insert)


def same_faces(old: Sequence[Any], new: Sequence[Face]) -> bool:
    """Tell whether newly identified faces are the same as before."""
    before = [(f.get("face_id"), f.get("start_ms"), f.get("end_ms")) for f in old]
    return before == [(f.face_id, f.start_ms, f.end_ms) for f in new]


def link_ends_at(url: str) -> float | None:
    """Return when a signed Discord link expires (Unix seconds), or None for any other URL.

    Discord writes the time into the link as `ex`, in hexadecimal (seen on every attachment).
    """
    try:
        marks = parse_qs(urlsplit(url).query)
        return float(int(marks["ex"][0], 16)) if {"ex", "is", "hm"} <= marks.keys() else None
    except (ValueError, OverflowError):  # a member may type any URL
        return None


FACE_SESSION_S: Final = 24 * HOUR_S - HOUR_S
"""A face session lives 24 h (Kling); the last hour is left for waiting in the queue."""


FACE_CHOICE_S: Final = 3 * DAY_S


FACE_CHOICE_MIN_S: Final = 3_600.0
"""A member gets at least this long to choose, however soon the video's link expires."""


FACE_SOURCE: Final = "face:{number}"
"""The name under which the URL of a face's image is kept among the sources."""


def placed_choice(
    request: Request,
    question: Mapping[str, Any],
    face: Face,
    stored: Mapping[str, StoredInput],
) -> dict[str, Any] | Problem:
    """Return what to store of a chosen face, or the problem with putting the audio on it."""
    made = spoken(question)
    if not isinstance(request, LipSyncRequest) or (made is None and SOUND not in stored):
        return Problem("sound_unreadable")
    session_id = str(question["session_id"])
    length_ms = sound_ms(stored[SOUND]) if made is None else made.ms
    placed = place_sound(request, session_id, face, length_ms)
    if isinstance(placed, LipSyncChoice) and made is not None:
        placed = replace(placed, audio_id=made.audio_id)
    if isinstance(placed, LipSyncChoice):
        return {"face_id": face.face_id, "choice": asdict(placed)}
    return placed


def stored_face(question: Mapping[str, Any], value: str) -> Face | None:
    """Return the face for a value of the menu, or None for a value that was not offered."""
    faces = question.get("faces", ())
    for face, offered in zip(faces, face_values(faces), strict=True):
        if offered == value:
            return Face(str(face["face_id"]), "", face["start_ms"], face["end_ms"])
    return None
