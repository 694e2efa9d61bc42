"""What a form changes in a request: which options it shows, and how what came back is read. Pure.

Nothing is refused here but what can't be read: `check` judges the changed request as it judges a
command.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from bot.domain.catalogue import Catalogue, for_model
from bot.domain.options import Option, Takes
from bot.domain.requests import (
    REQUESTS,
    ClipRequest,
    EditRequest,
    ImageRequest,
    OperationRequest,
    Request,
    StoryboardRequest,
    attached,
    options_of,
    uses,
)
from bot.domain.rules.parse import storyboard_request
from bot.errors import Problem
from storage.job import Kind

PROMPT: Final = "prompt"
IN_FORMS: Final = (PROMPT, "negative_prompt", "model", "mode", "duration", "aspect_ratio")
"""The options that a form can show, in its order."""
OF_A_NEW_VIDEO: Final = frozenset({"duration", "aspect_ratio"})
"""An edit keeps these of its video."""
SHOTS_MAX: Final = 6
SHOT_LINE: Final = re.compile(
    r"(?:(?P<seconds>\d{1,3})\s*(?:s|\u79d2)\s*[:\uff1a])?\s*(?P<words>.*)", re.IGNORECASE
)
"""A shot as a form shows it: `5s: words`; the length may be left out."""


def is_editable(kind: Kind) -> bool:
    """Tell whether jobs of this kind have words that a form can change."""
    request = REQUESTS[kind]
    named = any(option.name == PROMPT for option in options_of(request))
    return named or request is StoryboardRequest


def editable(request: Request) -> tuple[Option, ...]:
    """Return the options of a request that a form shows, in its order; a storyboard has no prompt.

    What has no effect is left out: the ratio of a video that follows its image, for example.
    """
    kept = isinstance(request, EditRequest) and not request.is_reference
    shown = {
        option.name: option
        for option in options_of(request)
        if not option.file and uses(request, option)
        if not (kept and option.name in OF_A_NEW_VIDEO)
    }
    return tuple(shown[name] for name in IN_FORMS if name in shown)


def with_changes(
    catalogue: Catalogue, request: Request, filled: Mapping[str, str]
) -> Request | Problem:
    """Return the request as it was filled in; what the form did not show stays as it was.

    `filled` is outside input by option, as it came back; an empty value is no value.
    """
    changes: dict[str, Any] = {}
    for option in editable(request):
        if option.name not in filled:
            continue
        value = read_value(option, filled[option.name])
        if isinstance(value, Problem):
            return value
        changes[option.field] = value
    model = changes.pop("model", None) or request.model
    if isinstance(request, StoryboardRequest) and PROMPT in filled:
        shots = shots_of(filled[PROMPT])
        if len(shots) > 2 * SHOTS_MAX:
            given = len(shots) // 2
            return Problem("shots_too_many", {"model": model, "max": SHOTS_MAX, "given": given})
        kept = {"mode": request.mode, "aspect_ratio": request.aspect_ratio, "sound": request.sound}
        told = {**kept, **changes, **shots, "model": model}
        return storyboard_request(catalogue, told, attached(request))
    made: Request = replace(request, **changes)
    if isinstance(made, ClipRequest | EditRequest | ImageRequest | OperationRequest):
        return for_model(catalogue, made, model)
    return made


def read_value(option: Option, text: str) -> str | int | Problem | None:
    """Return what was filled in for an option: a text, a whole number, or None for nothing."""
    text = text.strip()
    if option.takes is Takes.TEXT:
        return text if text or option.required else None
    if not text:
        return None
    digits = text.removesuffix("s").strip()
    if not (digits.isascii() and digits.isdigit() and len(digits) <= len("100")):
        return Problem("not_a_number", {"option": option.name})
    return int(digits)


def shots_of(text: str) -> dict[str, Any]:
    """Return the options `shot_N` and `seconds_N` for a text with a shot a line."""
    options: dict[str, Any] = {}
    lines = [" ".join(line.split()) for line in text.splitlines()]
    for number, line in enumerate((line for line in lines if line), start=1):
        found = SHOT_LINE.fullmatch(line)
        seconds = found["seconds"] if found else None
        options[f"shot_{number}"] = found["words"] if found else line
        options[f"seconds_{number}"] = int(seconds) if seconds else None
    return options or {"shot_1": ""}
