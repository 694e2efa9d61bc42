"""What Kling tells us, already read: plain values that everything above may rely on.

Whatever came over the wire has been checked and bounded when it gets here; addresses of results
are signed, so they never appear in a `repr`.
"""

import enum
from dataclasses import dataclass, field
from typing import Literal


class TaskStatus(enum.StrEnum):
    """Where a task is in Kling's hands; the last two real ones are final."""

    SUBMITTED = "submitted"
    PROCESSING = "processing"
    SUCCEED = "succeed"
    FAILED = "failed"
    UNKNOWN = "unknown"
    """The answer was readable but its status is none we know: ask again later."""


@dataclass(frozen=True, slots=True)
class Media:
    """One result of a task. The address is signed and expires: download it at once."""

    kind: Literal["image", "video"]
    url: str = field(repr=False)
    id: str | None
    """Kling's own id of a clip, good for a lip-sync without an address; pictures have none."""
    duration_s: float | None
    index: int
    """Its place among the results, from 0."""


@dataclass(frozen=True, slots=True)
class Task:
    """A task as Kling describes it."""

    task_id: str
    status: TaskStatus
    message: str
    """Why a task failed; the only place where a refusal by moderation shows. Often empty."""
    external_id: str | None
    """Our id, where the answer echoes it."""
    created_at: float | None
    """Unix seconds."""
    media: tuple[Media, ...]
    units: str | None
    """Units it cost: a decimal as text, as Kling writes it."""


@dataclass(frozen=True, slots=True)
class Face:
    """A face in a clip, and when in the clip it can be lip-synced (milliseconds)."""

    face_id: str
    image_url: str = field(repr=False)
    """A picture of the face; empty where the answer has none."""
    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class Faces:
    """The faces of a clip; the session that a lip-sync refers to lives 24 hours."""

    session_id: str
    faces: tuple[Face, ...]


@dataclass(frozen=True, slots=True)
class LipSyncChoice:
    """Which face speaks, which part of the sound, and from where in the clip (milliseconds)."""

    session_id: str
    face_id: str
    sound_start_ms: int
    sound_end_ms: int
    sound_insert_ms: int


class Lookup(enum.StrEnum):
    """What asking for a task by our own id can tell on a route."""

    PROVES = "proves"
    """Found is ours; not found means that Kling never accepted it."""
    MAY_FIND = "may_find"
    """Found is ours; not found means nothing."""
    BLIND = "blind"
    """Nothing can be expected: the service in between drops our id."""
