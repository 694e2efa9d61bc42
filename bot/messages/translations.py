"""The only place with texts for members and notices: a message catalogue in several languages.

The messages are TOML files in the folder `locales`, one for each language, with the same keys and
the same placeholders. A message in two forms (`one`, `other`) is chosen by the fact `count`. Facts
are inserted as they are: the caller escapes text of members or of Kling.
"""

import string
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from importlib import resources
from typing import Any, Final

from bot.errors import Fact, Problem
from bot.messages.command_names import CommandNames

FALLBACK: Final = "en-US"
COMMAND: Final = "cmd"
"""`{cmd:video}` in a message is the name of a command, wherever a mention can be clicked."""
CHINESE: Final = "zh-CN"
LANGUAGES: Final = (FALLBACK, CHINESE)
LOCALES_MAX: Final = 64
"""Discord has about thirty."""
REFUSAL_CHARACTERS_MAX: Final = 1900
"""Below Discord's 2,000 for a message, with room for a closing line."""


class Translations:
    """Says every message in the language of a Discord locale.

    `languages` are its messages by language, each by its whole key (`card.face.one`).
    A message that a language lacks is said in English. With `strict`, as in tests, a missing key,
    form or fact raises KeyError; otherwise a missing fact shows its name, so that there is always
    an answer.
    """

    def __init__(self, languages: Mapping[str, Mapping[str, str]], *, strict: bool = False) -> None:
        self.commands = CommandNames()
        self._languages = dict(languages)
        self._strict = strict

    def say(self, key: str, locale: str, /, **facts: Fact) -> str:
        """Return the message with its facts inserted.

        The fact `models` (names of models that support what was refused) adds a sentence behind the
        message.

        Raises:
            KeyError: The English catalogue has no such message.

        """
        said = self._formatted(self._message(key, locale, facts), facts)
        if facts.get("models"):
            said += self._formatted(self._message("hint.models", locale, facts), facts)
        return said

    def problem(self, problem: Problem, locale: str) -> str:
        """Return what is wrong and what to change, after the name of the option."""
        said = self.say(f"problem.{problem.code}", locale, **problem.facts)
        option = problem.facts.get("option")
        return f"`{option}`: {said}" if option else said

    def refusal(self, problems: Sequence[Problem], locale: str) -> str:
        """Return all problems as one message that Discord accepts, however many there are."""
        if len(problems) == 1:
            return self.problem(problems[0], locale)
        said = [self.say("refusal.header", locale, count=len(problems))]
        for told, problem in enumerate(problems):
            line = f"- {self.problem(problem, locale)}"
            if len("\n".join([*said, line])) > REFUSAL_CHARACTERS_MAX:
                said.append(self.say("refusal.more", locale, count=len(problems) - told))
                break
            said.append(line)
        return "\n".join(said)

    def choice(self, option: str, value: str, locale: str) -> str:
        """Return the name of a choice; its value if it needs no translation."""
        key = f"choice.{option}.{value}"
        return self.say(key, locale) if key in self._languages[FALLBACK] else value

    def keys(self, language: str) -> frozenset[str]:
        """Return every key of a language, forms included (`card.face.one`)."""
        return frozenset(self._languages[language])

    def template(self, key: str, language: str) -> str:
        """Return a message as written, with its placeholders."""
        return self._languages[language][key]

    def _message(self, key: str, locale: str, facts: Mapping[str, Fact]) -> str:
        form = "one" if facts.get("count") == 1 else "other"
        for language in dict.fromkeys((language_of(locale), FALLBACK)):
            messages = self._languages[language]
            message = messages.get(key, messages.get(f"{key}.{form}"))
            if message is not None:
                return message
            if self._strict:
                break
        raise KeyError(key)

    def _formatted(self, message: str, facts: Mapping[str, Fact]) -> str:
        if "{" not in message and "}" not in message:  # most are, and all commands are made of them
            return message
        shown: dict[str, object] = {name: _shown(value) for name, value in facts.items()}
        shown[COMMAND] = self.commands
        return message.format_map(shown if self._strict else _Lenient(shown))


class _Lenient(dict[str, object]):
    def __missing__(self, name: str) -> str:
        return f"{{{name}}}"


def load_translations(*, strict: bool = False) -> Translations:
    """Return what every language's file says."""
    return Translations({language: _shipped(language) for language in LANGUAGES}, strict=strict)


@cache
def _shipped(language: str) -> Mapping[str, str]:
    """Read a language's file, once a process: it is a part of the program."""
    file = resources.files("bot.messages") / "locales" / f"{language}.toml"
    return _flat(tomllib.loads(file.read_text(encoding="utf-8")))


@lru_cache(maxsize=LOCALES_MAX)
def language_of(locale: str) -> str:
    """Return the language that a Discord locale reads: Chinese for every `zh`, else English."""
    return CHINESE if locale.lower().partition("-")[0] == "zh" else FALLBACK


def placeholders(message: str) -> frozenset[str]:
    """Return the names of the facts that a message needs, command names included."""
    found: set[str] = set()
    for _, name, spec, _ in string.Formatter().parse(message):
        found |= placeholders(spec or "") if name == COMMAND else {name} if name else set()
    return frozenset(found)


def commands_named(message: str) -> frozenset[str]:
    """Return the commands that a message names."""
    parsed = string.Formatter().parse(message)
    return frozenset(spec or "" for _, name, spec, _ in parsed if name == COMMAND)


def _flat(messages: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for name, value in messages.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = str(value)
    return flat


def _shown(value: Fact) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
