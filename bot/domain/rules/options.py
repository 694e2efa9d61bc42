"""Rules that hold for an option whatever the command: a number in its range, a text in bounds."""

import math
import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final

from bot.domain.limits import MODEL_NAME_CHARACTERS_MAX
from bot.errors import Problem

MODEL_NAME: Final = re.compile(rf"[A-Za-z0-9][A-Za-z0-9._-]{{0,{MODEL_NAME_CHARACTERS_MAX - 1}}}")
LAYOUT: Final = frozenset("\t\n\r")
"""Control characters that a prompt may have."""


def number_problems(
    option: str, value: float | None, bounds: tuple[float, float]
) -> Iterator[Problem]:
    """Yield a problem unless the number is finite and within its bounds, both included."""
    if value is None:
        return
    if not math.isfinite(value):
        yield Problem("not_a_number", {"option": option})
        return
    low, high = bounds
    if not low <= value <= high:
        yield Problem("number_range", {"option": option, "given": value, "min": low, "max": high})


def choice_problems(option: str, value: str | None, choices: Sequence[str]) -> Iterator[Problem]:
    """Yield a problem unless the value is one of the command's choices."""
    if value is not None and value not in choices:
        yield Problem("choice_unknown", {"option": option, "allowed": ", ".join(choices)})


def prompt_problems(
    prompt: str, negative_prompt: str | None, characters_max: int
) -> Iterator[Problem]:
    """Yield a problem for a prompt that says nothing, and for texts that are too long."""
    if not prompt.strip():
        yield Problem("prompt_empty")
    if not (_readable(prompt) and _readable(negative_prompt or "")):
        yield Problem("prompt_unreadable")
    if len(prompt) > characters_max:
        yield Problem("prompt_too_long", {"given": len(prompt), "max": characters_max})
    if negative_prompt is not None and len(negative_prompt) > characters_max:
        facts = {"given": len(negative_prompt), "max": characters_max}
        yield Problem("negative_prompt_too_long", facts)


def model_name_problems(model: str) -> Iterator[Problem]:
    """Yield a problem for what cannot be a model's name; an unknown name may be one."""
    if not MODEL_NAME.fullmatch(model):
        yield Problem("model_name")


def _readable(text: str) -> bool:
    """Tell whether every character can be sent and shown: no half pairs, no control characters."""
    return not any(
        unicodedata.category(character) in {"Cs", "Cc"} and character not in LAYOUT
        for character in text
    )
