"""What was filled into a form, as the values and the request that it asks for."""

from collections.abc import Mapping
from typing import Any, Final

from bot.controls.control import Desk
from bot.domain.requests import Request, VideoRequest, options_of
from bot.domain.rules import video_request
from bot.domain.rules.changes import PROMPT, read_value
from bot.domain.rules_of_place import RulesOfPlace
from bot.errors import Problem

FIRST_FRAME: Final = "image"
"""The option with the image that a video begins with."""


def values_in(request: type[Request], filled: Mapping[str, str]) -> dict[str, Any] | Problem:
    """Return the options that were filled in, by name, or why one can't be read."""
    values: dict[str, Any] = {PROMPT: filled.get(PROMPT, "")}
    for option in options_of(request):
        if option.name in filled and not option.file:
            value = read_value(option, filled[option.name])
            if isinstance(value, Problem):
                return value
            values[option.name] = value
    return values


def video_from(desk: Desk, rules: RulesOfPlace, values: Mapping[str, Any]) -> VideoRequest:
    """Return the request of a video from an image; the model is what was set here, if it can."""
    default = model_here(desk, rules)
    return video_request(desk.catalogue, values, {FIRST_FRAME}, default_model=default)


def model_here(desk: Desk, rules: RulesOfPlace) -> str:
    """Return the model for a video from an image: what was set here, if it can."""
    wanted = rules.value("video_model").value
    known = desk.catalogue.video_model(wanted)
    return wanted if known is not None and known.image else desk.defaults.video_model
