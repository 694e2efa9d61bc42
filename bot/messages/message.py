"""A message before it becomes Discord's: its text, files and controls, as plain values."""

import enum
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from storage.job import ID_ALPHABET, ID_CHARACTERS

CONTENT_CHARACTERS_MAX: Final = 2_000
EMBED_CHARACTERS_MAX: Final = 4_096
ALT_CHARACTERS_MAX: Final = 1_024
FILES_MAX: Final = 10
SELECT_OPTIONS_MAX: Final = 25
"""Discord's limits for bots (API documentation, message and component pages)."""

CUSTOM_ID: Final = re.compile(
    rf"kling:(?P<action>[a-z_]{{1,16}}):(?P<job_id>[{ID_ALPHABET}]{{{ID_CHARACTERS}}})"
    r"(?::(?P<tag>[a-z0-9-]{1,8}))?"
)
"""A `custom_id` is an id that is looked up and authorised again, never trusted state."""


def custom_id(action: str, job_id: str, tag: str = "") -> str:
    """Return the `custom_id` of a control, at most 42 of Discord's 100 characters."""
    return f"kling:{action}:{job_id}" + (f":{tag}" if tag else "")


class Style(enum.StrEnum):
    """How a button looks."""

    PLAIN = "secondary"
    CALL = "primary"
    DANGER = "danger"


class Colour(enum.IntEnum):
    """The stripe beside a card."""

    WORKING = 0x5B6CFF
    WAITING = 0xF0B232
    DONE = 0x2BB673
    PROBLEM = 0xE5484D
    QUIET = 0x80848E


@dataclass(frozen=True, slots=True)
class Button:
    """A button under a message."""

    custom_id: str
    label: str
    style: Style = Style.PLAIN


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a menu."""

    value: str
    label: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Select:
    """A menu under a message; exactly one option is chosen."""

    custom_id: str
    placeholder: str
    options: tuple[Option, ...]
    below: bool = False
    """Whether it stands below the buttons."""


@dataclass(frozen=True, slots=True)
class File:
    """An attached file: by path (never read whole into memory) or by bytes."""

    filename: str
    alt: str = ""
    path: Path | None = None
    data: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Message:
    """What is posted or edited. Only `mention` and `also` are mentioned, nobody else, ever."""

    content: str = ""
    title: str = ""
    body: str = ""
    footer: str = ""
    colour: Colour = Colour.QUIET
    buttons: tuple[Button, ...] = ()
    select: Select | None = None
    files: tuple[File, ...] = ()
    mention: int | None = None
    also: tuple[int, ...] = ()
    """Mentioned besides."""

    def marks(self) -> Iterable[str]:
        """Yield every `custom_id` and file name: what the message can be recognised by."""
        yield from (button.custom_id for button in self.buttons)
        yield from (file.filename for file in self.files)
        if self.select:
            yield self.select.custom_id
