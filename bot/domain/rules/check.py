"""All rules at once: what a member must change before anything is accepted or charged."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from bot.domain.catalogue import Catalogue, shortcomings
from bot.domain.citing import as_kling_reads
from bot.domain.operations.character import shape_problems
from bot.domain.operations.table import OPERATIONS
from bot.domain.options import Media
from bot.domain.requests import (
    CharacterRequest,
    EditRequest,
    EffectRequest,
    ImageRequest,
    LipSyncRequest,
    Offered,
    Request,
    StoryboardRequest,
    VideoRequest,
    options_of,
)
from bot.domain.rules.attachments import (
    clip_problems,
    model_clip_problems,
    picture_problems,
    sound_problems,
)
from bot.domain.rules.edit import edit_problems
from bot.domain.rules.image import image_problems
from bot.domain.rules.lipsync import lipsync_problems
from bot.domain.rules.storyboard import storyboard_problems
from bot.domain.rules.values import WRONG_VALUES, model_name_problems, value_problems
from bot.domain.rules.video import video_problems
from bot.errors import Problem

_FILE_PROBLEMS: Final[Mapping[Media, Callable[[Offered], Iterator[Problem]]]] = {
    Media.PICTURE: picture_problems,
    Media.SOUND: sound_problems,
    Media.CLIP: clip_problems,
}
_OPTION_OF: Final = {
    "duration": "duration",
    "mode": "mode",
    "ratio": "aspect_ratio",
    "resolution": "resolution",
    "resolution_with_image": "resolution",
    "reference_unsupported": "reference",
    "count": "n",
    "series_length": "series",
    "camera_type": "camera",
    "camera_unsupported": "camera",
}


def check(
    catalogue: Catalogue,
    request: Request,
    offered: Mapping[str, Offered],
    *,
    slots: int | None = None,
    naming_models: bool = True,
) -> tuple[Problem, ...]:
    """Return every problem that can be known before a byte is downloaded; empty: none.

    Never raises, whatever the request. The request itself comes first, then the model's abilities
    (each with the fact `models` if other models support it), then the files; problems of one option
    carry its name as the fact `option`. A model that the catalogue does not know is not checked
    (`Catalogue.is_known` tells).

    Args:
        catalogue: What the models accept.
        request: The parsed request.
        offered: The attachments by option, as Discord declares them.
        slots: How many tasks the account may run at once in the request's pack; None: any.
        naming_models: Whether problems of the model name others that have none.

    """
    found = [
        *value_problems(as_kling_reads(request)),
        *_general(catalogue, request, slots),
        *_command(request, offered),
        *shortcomings(catalogue, request, naming_models=naming_models),
        *_files(catalogue, request, offered),
    ]
    return _without_repeats(found)


def _general(catalogue: Catalogue, request: Request, slots: int | None) -> Iterator[Problem]:
    if isinstance(request, EffectRequest) and not request.model:
        yield Problem("effect_missing", {"option": "effect"})
    else:
        yield from model_name_problems(request.model)
    if request.route.newer and not catalogue.serves_newer:
        yield Problem("model_needs_api_key", {"model": request.model})
    if slots is not None and request.slots > slots:
        yield Problem("too_many_slots", {"needs": request.slots, "slots": slots})


def _command(request: Request, offered: Mapping[str, Offered]) -> Iterator[Problem]:
    if isinstance(request, VideoRequest):
        yield from video_problems(request)
    elif isinstance(request, ImageRequest):
        yield from image_problems(request)
    elif isinstance(request, StoryboardRequest):
        yield from storyboard_problems(request)
    elif isinstance(request, EditRequest):
        yield from edit_problems(request, offered)
    elif isinstance(request, LipSyncRequest):
        yield from lipsync_problems(request, offered)
    else:
        yield from OPERATIONS[request.kind].problems(request, offered)


def _files(
    catalogue: Catalogue, request: Request, offered: Mapping[str, Offered]
) -> Iterator[Problem]:
    media = {name: option.file for option in options_of(request) for name in option.names}
    for name, file in offered.items():
        kind = media.get(name)
        if kind is Media.CLIP and isinstance(request, EditRequest):
            yield from model_clip_problems(file, catalogue.edit_model(request.model))
        elif kind is Media.CLIP and not isinstance(request, LipSyncRequest):
            row = catalogue.operation_model(request.kind, request.model)
            yield from model_clip_problems(file, row)
            if isinstance(request, CharacterRequest):
                yield from shape_problems(file)
        elif kind is not None:
            yield from _FILE_PROBLEMS[kind](file)


def _without_repeats(problems: list[Problem]) -> tuple[Problem, ...]:
    """Drop a model's problem if the option is wrong for every model: one mistake, one line."""
    wrong = {problem.facts["option"] for problem in problems if problem.code in WRONG_VALUES}
    return tuple(
        problem
        for problem in problems
        if problem.code in WRONG_VALUES
        or problem.facts.get("option", _OPTION_OF.get(problem.code)) not in wrong
    )
