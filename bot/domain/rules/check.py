"""All rules at once: what a member must change before anything is accepted or spent."""

from collections.abc import Iterator, Mapping
from typing import Final

from bot.domain.catalogue import shortcomings
from bot.domain.limits import PROMPT_CHARACTERS_MAX
from bot.domain.requests import (
    IMAGE_OPTIONS,
    ImageRequest,
    LipSyncRequest,
    Offered,
    Request,
    VideoRequest,
)
from bot.domain.rules.attachments import clip_problems, picture_problems, sound_problems
from bot.domain.rules.image import image_problems
from bot.domain.rules.lipsync import AUDIO_OPTION, VIDEO_OPTION, lipsync_problems
from bot.domain.rules.options import model_name_problems, prompt_problems
from bot.domain.rules.video import video_problems
from bot.errors import Problem

_PICTURE_OPTIONS: Final = (*IMAGE_OPTIONS, "end_image")
_WRONG_FOR_EVERY_MODEL: Final = frozenset({"choice_unknown", "number_range", "not_a_number"})
_OPTION_OF: Final = {
    "mode": "mode",
    "ratio": "aspect_ratio",
    "resolution": "resolution",
    "resolution_with_image": "resolution",
    "reference_unsupported": "reference",
    "count": "n",
    "camera_type": "camera",
    "camera_unsupported": "camera",
}


def check(
    request: Request,
    offered: Mapping[str, Offered],
    *,
    slots: int | None = None,
    prompt_characters_max: int = PROMPT_CHARACTERS_MAX,
) -> tuple[Problem, ...]:
    """Return every problem that can be known before a byte is fetched; empty: welcome.

    Never raises, whatever the request. The request itself comes first, then the model's
    abilities (each with the fact `models` where others can do it), then the files; problems of
    one option carry its name as the fact `option`. A model the catalogue does not know is not
    checked (`bot.domain.catalogue.is_known` tells).

    Args:
        request: What was asked for.
        offered: The attachments by option, as Discord declares them.
        slots: How many tasks the account may have in flight in the request's pack; None: any.
        prompt_characters_max: Longest prompt and negative prompt.

    """
    found = [
        *_general(request, prompt_characters_max, slots),
        *_command(request, offered),
        *shortcomings(request),
        *_files(offered),
    ]
    return _without_repeats(found)


def _general(request: Request, characters_max: int, slots: int | None) -> Iterator[Problem]:
    if not isinstance(request, LipSyncRequest):
        yield from prompt_problems(request.prompt, request.negative_prompt, characters_max)
        yield from model_name_problems(request.model)
    if slots is not None and request.slots > slots:
        yield Problem("too_many_slots", {"needs": request.slots, "slots": slots})


def _command(request: Request, offered: Mapping[str, Offered]) -> Iterator[Problem]:
    if isinstance(request, VideoRequest):
        yield from video_problems(request)
    elif isinstance(request, ImageRequest):
        yield from image_problems(request)
    else:
        yield from lipsync_problems(request, offered)


def _files(offered: Mapping[str, Offered]) -> Iterator[Problem]:
    for option, file in offered.items():
        if option in _PICTURE_OPTIONS:
            yield from picture_problems(file)
        elif option == AUDIO_OPTION:
            yield from sound_problems(file)
        elif option == VIDEO_OPTION:
            yield from clip_problems(file)


def _without_repeats(problems: list[Problem]) -> tuple[Problem, ...]:
    """Drop what a model lacks where the option is wrong for every model: one fault, one line."""
    codes = {problem.code for problem in problems}
    wrong = {
        problem.facts["option"] for problem in problems if problem.code in _WRONG_FOR_EVERY_MODEL
    }
    return tuple(
        problem
        for problem in problems
        if _OPTION_OF.get(problem.code) not in wrong
        and not (problem.code == "duration" and "duration_too_short" in codes)
    )
