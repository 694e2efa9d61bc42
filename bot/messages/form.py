"""A form (Discord calls it a modal) before it becomes Discord's. Pure.

It comes back with the `custom_id` of the control that opened it, and is handled there.
"""

from dataclasses import dataclass
from typing import Final

from bot.messages.message import Option

TITLE_CHARACTERS_MAX: Final = 45
LABEL_CHARACTERS_MAX: Final = 45
TEXT_CHARACTERS_MAX: Final = 4_000
FIELDS_MAX: Final = 5
"""Discord's limits for a modal (API documentation, component pages)."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field: a text, with `options` a choice of one of them, or with `is_file` one file."""

    name: str
    label: str
    value: str = ""
    required: bool = False
    paragraph: bool = False
    characters_max: int = TEXT_CHARACTERS_MAX
    options: tuple[Option, ...] = ()
    is_file: bool = False
    radio: bool = False
    """Whether the options stand below each other instead of in a menu."""


@dataclass(frozen=True, slots=True)
class Form:
    """What a member fills in."""

    custom_id: str
    title: str
    fields: tuple[Field, ...]
