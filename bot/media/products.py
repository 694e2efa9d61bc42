"""What media workers are given and hand back, without the libraries that make it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

SOUND_MAX_S: Final = 60.0
"""Kling's API documentation, 2026: audio of a lip-sync has 2 to 60 s."""
PICTURE_MAX_BYTES: Final = 10_000_000
"""Kling's API documentation, 2026: .jpg .jpeg .png, at most 10 MB."""


@dataclass(frozen=True, slots=True)
class FilePart:
    """Bytes in a file that the bot has and a worker reads: from `start` on, as far as told."""

    path: Path
    start: int = 0
    size_bytes: int = -1
    """Negative: to the end."""


PictureChange = Literal[
    "converted", "turned", "first_frame", "later_frame", "flattened", "shrunk", "cleaned"
]
SoundChange = Literal["converted", "trimmed"]


@dataclass(frozen=True, slots=True)
class Picture:
    """A JPEG or PNG within Kling's limits, upright, in sRGB, without metadata.

    `changed` says what was done to it, in order: `first_frame` of several, or `later_frame` where
    the first shows nothing, `turned` upright, `converted` from another format, colour mode or
    colour space, `flattened` onto white, `shrunk`; `cleaned` when nothing but metadata was taken
    off. Empty: the bytes are the member's own. `source_pixels` is how many the picture had when it
    came.
    """

    data: bytes
    media_type: str
    width: int
    height: int
    changed: tuple[PictureChange, ...]
    source_pixels: int = 0


@dataclass(frozen=True, slots=True)
class Sound:
    """An MP3 within Kling's limits, without metadata.

    `changed` says what the member should know: `converted` from another format, `trimmed` to its
    first `SOUND_MAX_S` seconds.
    """

    data: bytes
    duration_s: float
    changed: tuple[SoundChange, ...]


@dataclass(frozen=True, slots=True)
class Cut:
    """The last frame of a video as Kling accepts images, and when it is shown."""

    data: bytes
    media_type: str
    width: int
    height: int
    seconds: float
    """From the first frame on."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar: what stands below it, its height, and the number that stands above it."""

    label: str
    height: int
    number: str


@dataclass(frozen=True, slots=True)
class Panel:
    """One pack: bars by day and, where there are several members, by member."""

    title: str
    days: tuple[Bar, ...]
    members: tuple[Bar, ...] = ()
