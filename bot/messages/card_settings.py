"""Which settings of a request its card shows. Pure."""

from dataclasses import dataclass
from typing import Final

from bot.domain.requests import Request, options_of, uses
from bot.messages.escape import one_line, shorten

SETTING_CHARACTERS_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class Setting:
    """An option that was set; the card's name for it is `setting.NAME` of the message catalogue."""

    name: str
    value: str | float
    in_seconds: bool


def chosen_settings(request: Request) -> list[Setting]:
    """Return the settings that were chosen and that are sent to Kling, texts for people last."""
    options = sorted(options_of(request), key=lambda option: option.longest is not None)
    found = (
        Setting(option.name, _short(getattr(request, option.field)), option.in_seconds)
        for option in options
        if option.on_card and not option.file and uses(request, option)
        if getattr(request, option.field) is not None
    )
    return list(found)


def _short(value: str | float) -> str | float:
    return shorten(one_line(value), SETTING_CHARACTERS_MAX) if isinstance(value, str) else value
