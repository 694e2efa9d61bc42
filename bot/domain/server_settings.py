"""The table of settings: what servers and members can set, one entry for each. Pure.

The commands, their options, the checks and the page of `/settings show` are made from it;
`tests/pure/test_server_settings.py` names what an entry lacks elsewhere.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Final

from bot.domain import limits
from bot.domain.catalogue import Catalogue
from bot.errors import Problem
from storage.job import Kind
from storage.standing import Scope

ON: Final = "true"
OFF: Final = "false"
UNITS_MAX: Final = Decimal(1_000_000_000)
COUNT_MAX: Final = 1_000
HUNDREDTHS: Final = Decimal("0.01")
"""Kling counts units with two decimals at most (its price table)."""
SETTINGS_COMMAND: Final = "settings"
DEFAULT_SET: Final = "default set"
"""The sub-command that sets any of the defaults, by its name."""
SHOWCASE_SET: Final = "showcase set"
ID_DIGITS_MAX: Final = 20


class Takes(enum.Enum):
    """What kind of value a setting has."""

    FLAG = enum.auto()
    UNITS = enum.auto()
    COUNT = enum.auto()
    CHANNEL = enum.auto()
    MODEL = enum.auto()
    CHOICE = enum.auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSetting:
    """One entry of the table. Values are kept as text; an empty one is not set."""

    name: str
    """Never renamed. Its words are `server_setting.NAME` in the message catalogue."""
    takes: Takes
    at: Mapping[Scope, str]
    """The sub-command of `/settings` that sets it, for each scope that it can be set for.

    Managers set what belongs to a server, a channel or a role; a member sets their own, which has
    no place below `/settings`.
    """
    option: str = ""
    """Its option there; a default has none, because it is chosen by its name."""
    otherwise: str = ""
    """The value where none is set; empty: what `config.toml` says, or nothing."""
    required: bool = False
    """Whether its option is required; flags always are."""
    choices: tuple[str, ...] = ()
    kind: Kind | None = None
    """Of a model: what it makes."""

    @property
    def is_default(self) -> bool:
        """Whether it stands in for an option that a member left out."""
        return DEFAULT_SET in self.at.values()

    def read(self, text: str, catalogue: Catalogue) -> str | Problem:
        """Return the value as it is kept, or what is wrong with it. The text may be anything."""
        text = text.strip()
        match self.takes:
            case Takes.UNITS:
                return _units(text)
            case Takes.COUNT:
                return _count(text)
            case Takes.MODEL:
                return _model(text, self.kind, catalogue)
            case Takes.CHANNEL:
                is_id = text.isascii() and text.isdigit() and len(text) <= ID_DIGITS_MAX
                return text if is_id else Problem("setting_channel")
            case _:
                allowed = (ON, OFF) if self.takes is Takes.FLAG else self.choices
                if text.lower() in allowed:
                    return text.lower()
                return Problem("choice_unknown", {"allowed": ", ".join(allowed)})


def _units(text: str) -> str | Problem:
    """Return units as a plain decimal number; they are never negative."""
    try:
        units = Decimal(text)
    except InvalidOperation:
        return Problem("not_a_number")
    if not units.is_finite():
        return Problem("not_a_number")
    if not 0 <= units <= UNITS_MAX:
        bounds = {"given": text[:40], "min": "0", "max": f"{UNITS_MAX:f}"}
        return Problem("number_range", bounds)
    if units != units.quantize(HUNDREDTHS):
        return Problem("units_too_fine")
    return f"{units.normalize() + 0:f}"


def _count(text: str) -> str | Problem:
    """Return a number of members, at least one."""
    if not (text.isascii() and text.isdigit()):
        return Problem("not_a_number")
    number = int(text[:ID_DIGITS_MAX])
    if 1 <= number <= COUNT_MAX:
        return str(number)
    return Problem("number_range", {"given": text[:40], "min": "1", "max": f"{COUNT_MAX}"})


def _model(text: str, kind: Kind | None, catalogue: Catalogue) -> str | Problem:
    """Only models of the catalogue: a manager must not break everybody's commands."""
    known = catalogue.video_model(text) if kind is Kind.VIDEO else catalogue.image_model(text)
    return known.name if known else Problem("default_model_unknown")


def hundredths(units: str) -> int:
    """Return the kept value of units as integer hundredths."""
    return int(Decimal(units) / HUNDREDTHS)


_DEFAULT: Final = {Scope.SERVER: DEFAULT_SET, Scope.CHANNEL: DEFAULT_SET, Scope.MEMBER: ""}
_BUDGET: Final = {Scope.SERVER: "budget server", Scope.ROLE: "budget role"}

SERVER_SETTINGS: Final = (
    ServerSetting(
        name="notices", takes=Takes.CHANNEL, at={Scope.SERVER: "notices"}, option="channel"
    ),
    ServerSetting(name="video_units", takes=Takes.UNITS, at=_BUDGET, option="video"),
    ServerSetting(name="image_units", takes=Takes.UNITS, at=_BUDGET, option="image"),
    ServerSetting(
        name="allowed",
        takes=Takes.FLAG,
        at={Scope.CHANNEL: "allow channel", Scope.ROLE: "allow role"},
        option="on",
    ),
    ServerSetting(name="video_model", takes=Takes.MODEL, at=_DEFAULT, kind=Kind.VIDEO),
    ServerSetting(name="image_model", takes=Takes.MODEL, at=_DEFAULT, kind=Kind.IMAGE),
    ServerSetting(name="mode", takes=Takes.CHOICE, at=_DEFAULT, choices=limits.MODES),
    ServerSetting(
        name="aspect_ratio",
        takes=Takes.CHOICE,
        at=_DEFAULT,
        choices=tuple(dict.fromkeys((*limits.VIDEO_RATIOS, *limits.IMAGE_RATIOS))),
    ),
    ServerSetting(
        name="spoiler",
        takes=Takes.FLAG,
        at={Scope.SERVER: DEFAULT_SET, Scope.CHANNEL: DEFAULT_SET},
        otherwise=OFF,
    ),
    ServerSetting(
        name="own_media",
        takes=Takes.FLAG,
        at={Scope.SERVER: "own_media"},
        option="on",
        otherwise=ON,
    ),
    ServerSetting(
        name="showcase",
        takes=Takes.CHANNEL,
        at={Scope.SERVER: SHOWCASE_SET},
        option="channel",
        required=True,
    ),
    ServerSetting(
        name="showcase_stars",
        takes=Takes.COUNT,
        at={Scope.SERVER: SHOWCASE_SET},
        option="presses",
        required=True,
    ),
    ServerSetting(name="private", takes=Takes.FLAG, at={Scope.MEMBER: ""}),
)
BY_NAME: Final = {setting.name: setting for setting in SERVER_SETTINGS}
DEFAULTS: Final = tuple(setting for setting in SERVER_SETTINGS if setting.is_default)
OF_SHOWCASE: Final = tuple(
    setting.name for setting in SERVER_SETTINGS if SHOWCASE_SET in setting.at.values()
)
"""What is set together, and switched off together."""
OF_MEMBERS: Final = tuple(setting for setting in SERVER_SETTINGS if Scope.MEMBER in setting.at)
"""What members set for themselves, with `/defaults`."""
OF_SERVERS: Final = tuple(setting for setting in SERVER_SETTINGS if {*setting.at} - {Scope.MEMBER})
"""What managers set, with `/settings`."""


@dataclass(frozen=True, slots=True)
class SubCommand:
    """A sub-command of `/settings` that sets something."""

    path: str
    scope: Scope
    settings: tuple[ServerSetting, ...] = field(default=())

    @property
    def needs_target(self) -> bool:
        """Whether its first option names a channel or a role."""
        return self.scope is not Scope.SERVER


def sub_commands() -> tuple[SubCommand, ...]:
    """Return the sub-commands that the table needs, besides those of the defaults."""
    found: dict[tuple[str, Scope], list[ServerSetting]] = {}
    for setting in SERVER_SETTINGS:
        for scope, path in setting.at.items():
            if path and path != DEFAULT_SET:
                found.setdefault((path, scope), []).append(setting)
    return tuple(SubCommand(path, scope, tuple(these)) for (path, scope), these in found.items())
