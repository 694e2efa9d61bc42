"""The catalogue in one language, and the settings of a request in its words. Pure."""

from collections.abc import Collection, Mapping
from typing import Any

from bot.domain.defaulted import noted
from bot.domain.requests import Request
from bot.errors import Problem
from bot.messages.card_settings import Setting, chosen_settings
from bot.messages.escape import inert, inert_line
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


def settings_line(request: Request, say: Say, *, but: Collection[str] = ()) -> str:
    """Return the settings that were chosen, `but` those of these names, in one line."""
    chosen = [one for one in chosen_settings(request) if one.name not in but]
    return " · ".join(_setting(one, say) for one in chosen)


def defaults_lines(stored: Mapping[str, Any], say: Say) -> list[str]:
    """Return what of a stored request was filled in by defaults: a line for each who set them."""
    by_scope: dict[str, list[str]] = {}
    for name, scope in noted(stored).items():
        by_scope.setdefault(scope, []).append(say(f"setting.{name}"))
    return [say(f"card.default_{of}", names=", ".join(names)) for of, names in by_scope.items()]


def inert_problem(problem: Problem) -> Problem:
    """Return the problem with outside text in it escaped."""
    facts = {
        key: inert_line(value) if isinstance(value, str) else value
        for key, value in problem.facts.items()
    }
    return Problem(problem.code, facts)


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
