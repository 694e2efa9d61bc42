"""Kling's data, parsed: plain values that all callers may rely on.

Everything from the wire has been checked and bounded here. Result URLs are signed, so they never
appear in a `repr`.
"""

import enum
from dataclasses import dataclass, field
from typing import Literal


class TaskStatus(enum.StrEnum):
    """Where a task is at Kling; the last two real states are final."""

    SUBMITTED = "submitted"
    PROCESSING = "processing"
    SUCCEED = "succeed"
    FAILED = "failed"
    UNKNOWN = "unknown"
    """The response was readable, but its status is unknown: query again later."""


@dataclass(frozen=True, slots=True)
class Media:
    """One result of a task. Its URL is signed and expires: download it immediately."""

    kind: Literal["image", "video", "audio"]
    url: str = field(repr=False)
    id: str | None
    """Kling's own id of a video, usable for a lip-sync instead of a URL; images have none."""
    duration_s: float | None
    index: int
    """Its position among the results, from 0."""


@dataclass(frozen=True, slots=True)
class Cash:
    """Money deducted instead of units: a decimal as text, and its currency, `""` if not said."""

    amount: str
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Task:
    """A task as Kling describes it."""

    task_id: str
    status: TaskStatus
    message: str
    """Why a task failed; the only place that shows a refusal by moderation. Often empty."""
    external_id: str | None
    """Our id, if the response echoes it."""
    created_at: float | None
    """Unix seconds."""
    media: tuple[Media, ...]
    units: str | None
    """Units deducted: a decimal as text, as Kling writes it."""
    paid: tuple[Cash, ...] = ()
    """What was deducted in money instead of units."""
    unknown_word: str = ""
    """The word of a status that is unknown."""
    element_id: str | None = None
    """Kling's id of the element that it made, if it made one."""


@dataclass(frozen=True, slots=True)
class Face:
    """A face in a video, and when it can be lip-synced (milliseconds)."""

    face_id: str
    image_url: str = field(repr=False)
    """An image of the face; empty if the response has none."""
    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class Faces:
    """The faces of a video; the session that a lip-sync refers to lives 24 hours."""

    session_id: str
    faces: tuple[Face, ...]
    units: str | None = None
    """Units deducted for the call: a decimal as text, as Kling writes it."""


@dataclass(frozen=True, slots=True)
class Speech:
    """Words as they were spoken; Kling keeps them under their id for 30 days."""

    audio_id: str
    duration_s: float
    units: str | None = None
    """Units deducted for the call: a decimal as text, as Kling writes it."""


@dataclass(frozen=True, slots=True)
class LipSyncChoice:
    """Which face speaks, which part of the audio, and from where in the video (milliseconds)."""

    session_id: str
    face_id: str
    sound_start_ms: int
    sound_end_ms: int
    sound_insert_ms: int
    audio_id: str = ""
    """Kling's id of the sound, where it was made there; empty: it is a file."""


class Lookup(enum.StrEnum):
    """What a look-up by our own id can prove on a route."""

    PROVES = "proves"
    """Found is ours; not found means that Kling never accepted it."""
    MAY_FIND = "may_find"
    """Found is ours; not found proves nothing."""
    BLIND = "blind"
    """Proves nothing: the service in between drops our id."""
