"""What the named model cannot do of a request, and which models can."""

from dataclasses import replace
from typing import Final

from bot.domain.catalogue.image_abilities import image_shortcomings
from bot.domain.catalogue.image_models import IMAGE_MODELS
from bot.domain.catalogue.names import image_model, is_known, is_omni_model, needs_omni, video_model
from bot.domain.catalogue.video_abilities import video_shortcomings
from bot.domain.catalogue.video_models import VIDEO_MODELS
from bot.domain.requests import ImageRequest, LipSyncRequest, Request, VideoRequest
from bot.errors import Problem

NAMED_MAX: Final = 5
"""So many models are named in a refusal; more would not be read."""
_ROUTE_CODES: Final = frozenset(
    {"model_needs_image", "model_takes_no_image", "model_not_omni", "too_many_pictures"}
)

_WORSE: Final = {
    "camera_type": "camera_unsupported",
    "camera_mode": "camera_unsupported",
    "camera_duration": "camera_unsupported",
    "sound_mode": "sound_unsupported",
    "end_image_mode": "end_image_unsupported",
    "end_image_duration": "end_image_unsupported",
    "resolution": "resolution_unsupported",
    "resolution_with_image": "resolution_unsupported",
    "ratio": "ratio_unsupported",
    "reference_needed": "reference_unsupported",
}
"""Not to have the option at all is no cure for having it under a condition."""


def shortcomings(request: Request) -> tuple[Problem, ...]:
    """Return what the named model cannot do, each problem with the models that can.

    The fact `models` names, newest first, models that can do all that was asked; where there is
    none, models that can at least do this one thing. It is absent where no model can. A model
    nobody has heard of has no shortcomings: models appear faster than releases.
    """
    return tuple(
        Problem(problem.code, {**problem.facts, **_models_fact(request, problem.code)})
        for problem in _shortcomings(request)
    )


def models_that_can(request: Request, code: str | None = None) -> list[str]:
    """Return the names of the models that can do all of the request, newest first.

    With a `code` and no such model: those that would not raise this one problem.
    """
    tried = {name: _codes(candidate) for name, candidate in _candidates(request).items()}
    whole = [name for name, codes in tried.items() if not codes]
    if whole or code is None:
        return whole
    unfit = {code, _WORSE.get(code, code), *_ROUTE_CODES}
    return [name for name, codes in tried.items() if not codes & unfit]


def _models_fact(request: Request, code: str) -> dict[str, str]:
    models = models_that_can(request, code)
    return {"models": ", ".join(models[:NAMED_MAX])} if models else {}


def _codes(request: Request) -> frozenset[str]:
    return frozenset(problem.code for problem in _shortcomings(request))


def _shortcomings(request: Request) -> list[Problem]:
    if isinstance(request, VideoRequest):
        video = video_model(request.model)
        if video is not None:
            return video_shortcomings(video, request)
        return _of_another_command(request, "model_not_for_video")
    if isinstance(request, ImageRequest):
        image = image_model(request.model)
        if image is not None:
            return image_shortcomings(image, request)
        return _of_another_command(request, "model_not_for_image")
    return []


def _of_another_command(request: VideoRequest | ImageRequest, code: str) -> list[Problem]:
    return [Problem(code, {"model": request.model})] if is_known(request.model) else []


def _candidates(request: Request) -> dict[str, Request]:
    if isinstance(request, LipSyncRequest):
        return {}
    if isinstance(request, VideoRequest):
        return {model.name: replace(request, model=model.name) for model in VIDEO_MODELS}
    must_be_omni = needs_omni(request.prompt, request.images)
    return {
        model.name: replace(
            request, model=model.name, omni=must_be_omni or is_omni_model(model.name)
        )
        for model in IMAGE_MODELS
    }
