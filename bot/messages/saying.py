"""The catalogue in one language, and the settings of a request in its words. Pure."""

from bot.domain.requests import Request
from bot.messages.card_settings import Setting, chosen_settings
from bot.messages.escape import inert
from bot.messages.translations import Translations


class Say:
    """Says every message in one language."""

    def __init__(self, words: Translations, locale: str) -> None:
        self._words = words
        self._locale = locale

    def __call__(self, key: str, **facts: str | float) -> str:
        """Return the message with its facts inserted."""
        return self._words.say(key, self._locale, **facts)

    def choice(self, option: str, value: str) -> str:
        """Return the name of a choice, or the escaped text itself if it is not a choice."""
        named = self._words.choice(option, value, self._locale)
        return named if named != value else inert(value)


def settings_line(request: Request, say: Say) -> str:
    """Return the settings that were chosen, in one line."""
    return " · ".join(_setting(chosen, say) for chosen in chosen_settings(request))


def _setting(chosen: Setting, say: Say) -> str:
    """Return a setting's value in the words in which Discord offered it."""
    value = chosen.value
    if isinstance(value, bool):
        shown = say("card.yes" if value else "card.no")
    elif isinstance(value, str):
        shown = say.choice(chosen.name, value)
    elif chosen.in_seconds:
        shown = say("card.seconds", seconds=value)
    else:
        shown = f"{value:g}"
    return say("card.setting", name=say(f"setting.{chosen.name}"), value=shown)
