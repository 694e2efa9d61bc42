"""Rules for the value of a single option, as its declaration says."""

import math
import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from bot.domain.limits import MODEL_NAME_CHARACTERS_MAX
from bot.domain.options import Option
from bot.domain.requests import Request, options_of
from bot.errors import Fact, Problem

MODEL_NAME: Final = re.compile(rf"[A-Za-z0-9][A-Za-z0-9._-]{{0,{MODEL_NAME_CHARACTERS_MAX - 1}}}")
LAYOUT: Final = frozenset("\t\n\r")
"""Control characters that a text may contain."""
WRONG_VALUES: Final = frozenset({"choice_unknown", "number_range", "number_low", "not_a_number"})
"""The codes of values that no model supports."""


def value_problems(request: Request) -> Iterator[Problem]:
    """Yield what is wrong with each single option: choice, range, length, unreadable text."""
    for option in options_of(request):
        value = getattr(request, option.field)
        if isinstance(value, str):
            yield from _text_problems(option, value)
        elif isinstance(value, float | int) and not isinstance(value, bool):
            yield from _number_problems(option, value)


def model_name_problems(model: str) -> Iterator[Problem]:
    """Yield a problem for a text that can't be a model's name; an unknown name may be one."""
    if not MODEL_NAME.fullmatch(model):
        yield Problem("model_name")


def _number_problems(option: Option, value: float) -> Iterator[Problem]:
    low, high = option.least, option.most
    if not math.isfinite(value):
        yield Problem("not_a_number", {"option": option.name})
    elif low is not None and high is not None and not low <= value <= high:
        yield Problem(
            "number_range", {"option": option.name, "given": value, "min": low, "max": high}
        )
    elif low is not None and value < low:
        yield Problem("number_low", {"option": option.name, "given": value, "min": low})


def _text_problems(option: Option, value: str) -> Iterator[Problem]:
    facts: dict[str, Fact] = {"option": option.name}
    if option.choices:
        if value not in option.choices:
            yield Problem("choice_unknown", {**facts, "allowed": ", ".join(option.choices)})
        return
    if option.longest is None:
        return
    if option.required and not value.strip():
        yield Problem("text_empty", facts)
    if not _readable(value):
        yield Problem("text_unreadable", facts)
    if len(value) > option.longest:
        yield Problem("text_too_long", {**facts, "given": len(value), "max": option.longest})


def _readable(text: str) -> bool:
    """Tell whether a text can be sent and shown: no lone surrogates, no control characters."""
    return text.isprintable() or not any(
        unicodedata.category(character) in {"Cs", "Cc"} and character not in LAYOUT
        for character in text
    )
