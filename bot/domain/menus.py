"""The commands in the menu of a message: which of its files each takes. Pure."""

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from bot.domain import limits
from bot.domain.offered import Offered
from bot.domain.options import Media
from storage.job import Kind

FILES_MAX: Final = 10
"""So many files of a message are offered; Discord has no more in one (API documentation)."""
PICTURE_ENDINGS: Final = (
    ".png", ".jpg", ".jpeg", ".jfif", ".webp", ".heic", ".heif", ".avif", ".gif", ".bmp", ".tiff",
    ".tif",
)  # fmt: skip
SOUND_ENDINGS: Final = (
    ".mp3", ".mp2", ".wav", ".w64", ".m4a", ".m4b", ".aac", ".ogg", ".oga", ".opus", ".flac",
    ".aiff", ".aif", ".aifc", ".caf", ".amr", ".3ga", ".au", ".ac3", ".ec3", ".wma", ".weba",
    ".mka",
)  # fmt: skip


class Menu(enum.StrEnum):
    """A command in the menu; the value is stored."""

    ANIMATE = "animate"
    RESTYLE = "restyle"
    LIP_SYNC = "lipsync"
    EFFECT = "effect"


@dataclass(frozen=True, slots=True)
class Entry:
    """What a command in the menu takes."""

    name: str
    """Its name in English, by which Discord says that it was used."""
    kind: Kind
    """What is made of the first kind of file."""
    fits: frozenset[Media]


ENTRIES: Final = {
    Menu.ANIMATE: Entry("Animate", Kind.VIDEO, frozenset({Media.PICTURE})),
    Menu.RESTYLE: Entry("Restyle", Kind.IMAGE, frozenset({Media.PICTURE})),
    Menu.LIP_SYNC: Entry("Lip-sync", Kind.LIPSYNC, frozenset(Media)),
    Menu.EFFECT: Entry("Effect", Kind.EFFECT, frozenset({Media.PICTURE})),
}


def medium_of(offered: Offered) -> Media | None:
    """Return what kind of file this is by what Discord says of it; None for any other.

    A hint: the bytes are checked later, whatever this says.
    """
    declared = offered.content_type.partition(";")[0].strip().lower()
    name = offered.filename.lower()
    kinds = {"image": Media.PICTURE, "audio": Media.SOUND, "video": Media.CLIP}
    declared_kind = kinds.get(declared.partition("/")[0])
    if declared_kind is not None:
        return declared_kind
    endings = {
        Media.PICTURE: PICTURE_ENDINGS,
        Media.SOUND: SOUND_ENDINGS,
        Media.CLIP: limits.CLIP_ENDINGS,
    }
    return next((kind for kind, ends in endings.items() if name.endswith(ends)), None)


def fitting(menu: Menu, files: Iterable[Offered]) -> list[Offered]:
    """Return the files that a command takes, at most ten, in their order."""
    fits = ENTRIES[menu].fits
    return [file for file in files if medium_of(file) in fits][:FILES_MAX]
