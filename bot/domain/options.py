"""What an option of a command takes, and what becomes of its value.

An option is declared once, at the field of the request that keeps it (`bot/domain/requests.py`):

    duration_s: Annotated[int | None, Option(least=1, wire=Wire(encode=str))] = None

That line is all the code an ordinary option needs. The command's parameter (`cogs/options.py`), the
checks of choices, range and length (`bot/domain/rules`), the field in Kling's body
(`bot/kling/encode.py`) and the setting on the card (`bot/messages/card_settings.py`) are read from
it; `tests/pure/test_options.py` names what is missing elsewhere.
"""

import enum
import types
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Annotated, Any, Final, get_args, get_origin, get_type_hints

SECONDS: Final = "_s"
"""Suffix of fields that hold seconds; the option's name has no suffix."""
SECONDS_ALONE: Final = "seconds"
"""A field that holds seconds and has no other name."""


class Takes(enum.Enum):
    """What a member puts into an option; it follows from the type of the field."""

    TEXT = enum.auto()
    WHOLE = enum.auto()
    NUMBER = enum.auto()
    FLAG = enum.auto()
    FILE = enum.auto()


class Media(enum.Enum):
    """The kind of an attached file."""

    PICTURE = enum.auto()
    SOUND = enum.auto()
    CLIP = enum.auto()


def on_or_off(value: object) -> str:
    """Write a flag the way Kling spells it where it wants words."""
    return "on" if value else "off"


def yes_or_no(value: object) -> str:
    """Write a flag the way Kling spells it where it is about the sound of a video."""
    return "yes" if value else "no"


def text_or_nothing(value: object) -> object:
    """Leave out a text that is empty."""
    return value or None


@dataclass(frozen=True, slots=True)
class Wire:
    """The field in Kling's body that an option becomes."""

    field: str = ""
    """Omitted: the name of the option."""
    encode: Callable[[Any], object] | None = None
    """How the value is written; None: numbers as numbers, texts as texts, files as base64."""
    routes: frozenset[str] = frozenset()
    """The routes that have the field; empty: all routes of the request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """An option as it is declared; `field` and `takes` are filled in by `declared`."""

    names: tuple[str, ...] = ()
    """The name in Discord; omitted: the name of the field. More than one: a list, in order."""
    required: bool = False
    choices: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None
    longest: int | None = None
    """Maximum length of a text for people; None: not such a text, and checked elsewhere."""
    file: Media | None = None
    wire: Wire | None = Wire()
    """None: no field of its own; `encode`, or an earlier step, derives other fields from it."""
    on_card: bool = True
    """Whether the card shows it if it is set; files are never shown."""
    of_every: bool = False
    """Whether every command that makes something has it: then it has one description, too."""
    field: str = ""
    takes: Takes = Takes.TEXT

    @property
    def name(self) -> str:
        """The option, or the first of a list."""
        return self.names[0]

    @property
    def is_list(self) -> bool:
        """Whether its field holds the names of all attached files, not just a yes."""
        return len(self.names) > 1

    @property
    def in_seconds(self) -> bool:
        """Whether it is a length or a point in time, in seconds."""
        return self.field.endswith(SECONDS) or self.field == SECONDS_ALONE

    @property
    def wire_field(self) -> str:
        """The field in Kling's body; empty if it has none of its own."""
        return (self.wire.field or self.name) if self.wire else ""

    def description(self, kind: str, name: str) -> str:
        """Return the key of what Discord says about the option of this name in a command."""
        return f"option.{'every' if self.of_every else kind}.{name}.description"

    def reaches(self, route: str) -> bool:
        """Tell whether a request on this route uses the option."""
        return self.wire is None or not self.wire.routes or route in self.wire.routes


_TAKES: Final = {bool: Takes.FLAG, int: Takes.WHOLE, float: Takes.NUMBER, str: Takes.TEXT}


def declared(request: type) -> tuple[Option, ...]:
    """Return the options of a dataclass of requests, in the order of its fields.

    Those that every command has come last.

    Raises:
        TypeError: A field has a type that no option can have, or a number has no lower bound.

    """
    hints = get_type_hints(request, include_extras=True)
    found = (
        _filled_in(field.name, *get_args(hints[field.name]))
        for field in fields(request)
        if get_origin(hints[field.name]) is Annotated
    )
    return tuple(sorted(found, key=lambda option: option.of_every))


def _filled_in(field: str, hint: Any, option: Option) -> Option:
    takes = Takes.FILE if option.file else _TAKES.get(_without_none(hint))
    if takes is None or (takes in {Takes.WHOLE, Takes.NUMBER} and option.least is None):
        raise TypeError(f"{field}: no option is declared like this: {hint}, {option}")
    names = option.names or (field.removesuffix(SECONDS),)
    return replace(option, names=names, field=field, takes=takes)


def _without_none(hint: Any) -> Any:
    """Return the type beside None: `int` for `int | None`."""
    alternatives = [kind for kind in get_args(hint) if kind is not types.NoneType]
    return alternatives[0] if isinstance(hint, types.UnionType) else hint
