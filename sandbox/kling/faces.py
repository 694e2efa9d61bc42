"""Faces: the sessions that identify-face opens, and what advanced-lip-sync may do with them."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from sandbox.kling import fields, models
from sandbox.kling.errors import bad_value, invalid
from sandbox.kling.fields import JsonObject
from sandbox.kling.intake import SLACK_MS, Clip, Intake
from sandbox.kling.orders import Dub, Order, Parent, Product
from sandbox.kling.switches import Switches

SESSION_LIFE_S = 24 * 3600.0
SOUND_MIN_MS = 2_000
OVERLAP_MIN_MS = 2_000
FACE_SHARE = 0.74  # of a bust's side


@dataclass(frozen=True)
class Face:
    """One face: its box as fractions of the picture (left, top, right, bottom) and its interval."""

    box: tuple[float, float, float, float]
    start_ms: int
    end_ms: int


@dataclass(frozen=True)
class Session:
    """What identify-face found in one clip."""

    id: str
    clip: Clip
    faces: tuple[Face, ...]
    opened_s: float
    parent_id: str
    parent_url: str


FacesFor = Callable[[str, Clip], list[Face]]


def faces_in_columns(url: str, clip: Clip) -> list[Face]:
    """Return the faces that a clip declares, side by side and visible all the time.

    The number is `faces=N` in the URL's query or in the clip's comment, otherwise one.
    """
    query = parse_qs(urlsplit(url).query)
    said = query.get("faces") or parse_qs(clip.comment).get("faces") or ["1"]
    count = int(said[0]) if said[0].isdigit() else 1
    width, height = clip.size
    side = bust_side(count, clip.size)
    top, bottom = 1 - 0.94 * side / height, 1 - 0.2 * side / height
    half = FACE_SHARE / 2 * side / width
    middles = [(index + 0.5) / count for index in range(count)]
    return [
        Face((max(0.0, x - half), max(0.0, top), min(1.0, x + half), bottom), 0, clip.ms)
        for x in middles
    ]


def bust_side(count: int, size: tuple[int, int]) -> int:
    """Return the side in pixels of the square that head and shoulders fill, standing in columns."""
    return round(min(1.3 * size[0] / max(1, count), 0.98 * size[1]))


def opened(session: Session | None, name: str, now_s: float, switches: Switches) -> Session:
    """Return the session; raise Refusal when it does not exist or has ended."""
    if session is None:
        raise invalid("session_id", name)
    if switches.sessions_expire and now_s >= session.opened_s + SESSION_LIFE_S:
        raise bad_value(f"session_id {name} has expired")
    return session


async def lip_sync(body: JsonObject, session: Session, intake: Intake, switches: Switches) -> Order:
    """Return the order that puts a sound on the face chosen in `session`."""
    chosen = fields.objects(body, "face_choose", 1)
    if len(chosen) != 1 or not isinstance(chosen[0], dict):
        raise bad_value("face_choose must have exactly one face")
    choice = fields.given(chosen[0])
    name = fields.text(choice, "face_id")
    if not name.isdigit() or int(name) >= len(session.faces):
        raise invalid("face_id", name)
    start_ms = fields.whole(choice, "sound_start_time", 0, None, None)
    insert_ms = fields.whole(choice, "sound_insert_time", 0, None, None)
    if switches.sound_end_required:
        fields.whole(choice, "sound_end_time", 0, None, None)
    volume = fields.number(choice, "sound_volume", 0, switches.volume_max, 1)
    original = fields.number(choice, "original_audio_volume", 0, switches.volume_max, 1)
    sound, sound_ms = await intake.voice_or_sound(choice, m4a_refused=switches.m4a_refused)
    end_ms = fields.whole(choice, "sound_end_time", 0, None, sound_ms)
    _check_times(start_ms, end_ms, sound_ms)
    _check_place(insert_ms, end_ms - start_ms, session, session.faces[int(name)])
    clip = session.clip
    units = models.LIP_SYNC_UNITS_PER_5_S * max(1, math.ceil((clip.ms - SLACK_MS) / 5000))
    dub = Dub(
        clip.content, clip.ms, sound, start_ms, end_ms, insert_ms, volume, original,
        Parent(session.parent_id, session.parent_url, clip.ms),
    )  # fmt: skip
    return Order(Product.LIP_SYNC, "lip-sync", "", units, 1, dub)


def _check_times(start_ms: int, end_ms: int, sound_ms: int) -> None:
    if end_ms > sound_ms + SLACK_MS:
        raise invalid("sound_end_time", end_ms)
    if end_ms <= start_ms:
        raise invalid("sound_start_time", start_ms)
    if end_ms - start_ms < SOUND_MIN_MS:
        raise bad_value("The trimmed audio must be at least 2 seconds")


def _check_place(insert_ms: int, length_ms: int, session: Session, face: Face) -> None:
    if insert_ms + length_ms > session.clip.ms:
        raise invalid("sound_insert_time", insert_ms)
    overlap = min(insert_ms + length_ms, face.end_ms) - max(insert_ms, face.start_ms)
    if overlap < OVERLAP_MIN_MS:
        raise bad_value("The audio must overlap the face for at least 2 seconds")
