"""Which settings of a request its card shows. Pure."""

import functools
from dataclasses import dataclass
from typing import Final

from bot.domain.options import Option
from bot.domain.requests import REQUESTS, Request, options_of, uses
from bot.messages.escape import one_line, shorten
from storage.job import Kind

SETTING_CHARACTERS_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class Setting:
    """An option that was set; the card's name for it is `setting.NAME` of the message catalogue."""

    name: str
    value: str | float
    in_seconds: bool


def chosen_settings(request: Request) -> list[Setting]:
    """Return the settings that were chosen and that are sent to Kling, texts for people last."""
    return [
        Setting(option.name, _short(value), option.in_seconds)
        for option in _shown(request.kind)
        if (value := getattr(request, option.field)) not in {None, ""} and uses(request, option)
    ]


@functools.cache
def _shown(kind: Kind) -> tuple[Option, ...]:
    """Return the options that a card may show; found once, because a member waits for it."""
    shown = [one for one in options_of(REQUESTS[kind]) if one.on_card and not one.file]
    return tuple(sorted(shown, key=lambda option: option.longest is not None))


def _short(value: str | float) -> str | float:
    return shorten(one_line(value), SETTING_CHARACTERS_MAX) if isinstance(value, str) else value
