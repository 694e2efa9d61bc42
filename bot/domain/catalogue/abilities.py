"""What the named model does not support of a request, and which models do."""

from typing import Final

from bot.domain.catalogue.catalogue import AnyModel, Catalogue
from bot.domain.catalogue.edit_abilities import edit_shortcomings
from bot.domain.catalogue.image_abilities import image_shortcomings
from bot.domain.catalogue.operation_abilities import operation_shortcomings
from bot.domain.catalogue.placing import for_model
from bot.domain.catalogue.shot_abilities import shot_shortcomings
from bot.domain.catalogue.video_abilities import video_shortcomings
from bot.domain.requests import (
    ClipRequest,
    EditRequest,
    EffectRequest,
    ImageRequest,
    LipSyncRequest,
    OperationRequest,
    Request,
    StoryboardRequest,
    VideoRequest,
)
from bot.errors import Problem
from storage.job import Kind

NAMED_MAX: Final = 5
"""A refusal names at most this many models; no one would read more."""
_ROUTE_CODES: Final = frozenset(
    {"model_needs_image", "model_takes_no_image", "model_not_omni", "too_many_pictures"}
)

_WORSE: Final = {
    "camera_type": "camera_unsupported",
    "camera_mode": "camera_unsupported",
    "camera_duration": "camera_unsupported",
    "sound_mode": "sound_unsupported",
    "shots_too_many": "shots_unsupported",
    "shots_sum": "shots_unsupported",
    "shot_too_long": "shots_unsupported",
    "shot_separator": "shots_unsupported",
    "shots_too_long": "shots_unsupported",
    "end_image_mode": "end_image_unsupported",
    "end_image_duration": "end_image_unsupported",
    "resolution": "resolution_unsupported",
    "resolution_with_image": "resolution_unsupported",
    "ratio": "ratio_unsupported",
    "reference_needed": "reference_unsupported",
    "references_too_many": "references_unsupported",
    "references_with_image": "references_unsupported",
    "references_with_end_image": "references_unsupported",
    "series_length": "series_unsupported",
    "elements_need_image": "elements_unsupported",
    "elements_too_many": "elements_unsupported",
    "elements_with_others": "elements_unsupported",
    "elements_of_clips": "elements_unsupported",
    "elements_clips_too_many": "elements_unsupported",
    "elements_clips_with_images": "elements_unsupported",
    "clip_length": "edit_unsupported",
    "use_unsupported": "edit_unsupported",
    "keep_sound_unsupported": "edit_unsupported",
}
"""A model without the option is no remedy for a model that has it under a condition."""
_OF_ANOTHER: Final = {
    Kind.VIDEO: "model_not_for_video",
    Kind.STORYBOARD: "model_not_for_video",
    Kind.IMAGE: "model_not_for_image",
    Kind.EDIT: "edit_unsupported",
}
"""What is said of a model that the catalogue knows for something else."""


def shortcomings(
    catalogue: Catalogue, request: Request, *, naming_models: bool = True
) -> tuple[Problem, ...]:
    """Return what the named model does not support, each problem with the models that do.

    The fact `models` names, newest first, models that support the whole request, or if there are
    none, models that support at least this one thing. It is absent if no model does. An unknown
    model has no problems, because models appear faster than releases, but for what its generation
    has no field for. Without `naming_models` no other model is looked at, which takes most time.
    """
    found = _shortcomings(catalogue, request)
    if not naming_models:
        return tuple(found)
    return tuple(
        Problem(problem.code, {**problem.facts, **_models_fact(catalogue, request, problem.code)})
        for problem in found
    )


def models_that_can(catalogue: Catalogue, request: Request, code: str | None = None) -> list[str]:
    """Return the names of the models that support the whole request, newest first.

    With a `code` and no such model: those that would not raise this one problem.
    """
    tried = {
        name: _codes(catalogue, candidate)
        for name, candidate in _candidates(catalogue, request).items()
    }
    whole = [name for name, codes in tried.items() if not codes]
    if whole or code is None:
        return whole
    unfit = {code, _WORSE.get(code, code), *_ROUTE_CODES}
    return [name for name, codes in tried.items() if not codes & unfit]


def can(catalogue: Catalogue, request: Request) -> bool:
    """Tell whether the named model supports the whole request, as far as is known."""
    return not _shortcomings(catalogue, request)


def _models_fact(catalogue: Catalogue, request: Request, code: str) -> dict[str, str]:
    models = models_that_can(catalogue, request, code)
    return {"models": ", ".join(models[:NAMED_MAX])} if models else {}


def _codes(catalogue: Catalogue, request: Request) -> frozenset[str]:
    return frozenset(problem.code for problem in _shortcomings(catalogue, request))


def _shortcomings(catalogue: Catalogue, request: Request) -> list[Problem]:
    if isinstance(request, OperationRequest):
        return operation_shortcomings(catalogue, request)
    return _plain_shortcomings(catalogue, request)


def _plain_shortcomings(
    catalogue: Catalogue, request: ClipRequest | EditRequest | LipSyncRequest | ImageRequest
) -> list[Problem]:
    match request:
        case VideoRequest() if (video := catalogue.video_model(request.model)) is not None:
            return video_shortcomings(video, request)
        case StoryboardRequest() if (video := catalogue.video_model(request.model)) is not None:
            return shot_shortcomings(video, request)
        case EditRequest() if (edit := catalogue.edit_model(request.model)) is not None:
            return edit_shortcomings(edit, request)
        case ImageRequest() if (image := catalogue.image_model(request.model)) is not None:
            return image_shortcomings(image, request)
        case VideoRequest() if request.middle and not request.newer:
            return [Problem("middle_unsupported", {"model": request.model})]
    known = catalogue.is_known(request.model) and request.kind in _OF_ANOTHER
    return [Problem(_OF_ANOTHER[request.kind], {"model": request.model})] if known else []


def _candidates(catalogue: Catalogue, request: Request) -> dict[str, Request]:
    if isinstance(request, LipSyncRequest | EffectRequest):  # one scene is no other
        return {}
    rows: tuple[AnyModel, ...] = catalogue.image
    if isinstance(request, ClipRequest):
        rows = catalogue.video
    elif isinstance(request, EditRequest):
        rows = catalogue.edit
    elif isinstance(request, OperationRequest):
        rows = catalogue.operation_models(request.kind)
    return {model.name: for_model(catalogue, request, model.name) for model in rows}
