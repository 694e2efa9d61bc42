"""What an image model does not support of a request."""

from collections.abc import Callable, Iterator
from typing import Final

from bot.domain.catalogue.elements import Beside, element_problems
from bot.domain.catalogue.model import ImageModel
from bot.domain.limits import AUTO_RATIO, SERIES_MAX
from bot.domain.requests import ImageRequest
from bot.errors import Fact, Problem

_Check = Callable[[ImageModel, ImageRequest], Iterator[Problem]]


def image_shortcomings(model: ImageModel, request: ImageRequest) -> list[Problem]:
    """Return everything in the request that the model does not support."""
    return [problem for check in _CHECKS for problem in check(model, request)]


def _route(model: ImageModel, request: ImageRequest) -> Iterator[Problem]:
    if request.omni and not model.omni:
        yield Problem("model_not_omni", {"model": model.name})
        return
    if not request.images and not model.text:
        yield Problem("model_needs_image", {"model": model.name})
    if len(request.images) > model.pictures_max:
        given = len(request.images)
        yield Problem(
            "too_many_pictures", {"model": model.name, "given": given, "max": model.pictures_max}
        )


def _ratio(model: ImageModel, request: ImageRequest) -> Iterator[Problem]:
    ratio = request.aspect_ratio
    if ratio is None:
        return
    if not model.ratios:
        yield Problem("ratio_unsupported", {"model": model.name})
    elif ratio not in model.ratios:
        facts = {"model": model.name, "given": ratio, "allowed": ", ".join(model.ratios)}
        yield Problem("ratio", facts)
    elif ratio == AUTO_RATIO and model.auto_needs_image and not request.images:
        yield Problem("ratio_auto_needs_image", {"model": model.name})


def _resolution(model: ImageModel, request: ImageRequest) -> Iterator[Problem]:
    if request.resolution is None:
        return
    allowed = model.resolutions_image if request.images else model.resolutions_text
    if not allowed:
        yield Problem("resolution_unsupported", {"model": model.name})
    elif request.resolution not in allowed:
        code = "resolution_with_image" if request.images else "resolution"
        facts = {"model": model.name, "given": request.resolution, "allowed": ", ".join(allowed)}
        yield Problem(code, facts)


def _count(model: ImageModel, request: ImageRequest) -> Iterator[Problem]:
    if request.n is not None and request.n > model.count_max:
        yield Problem("count", {"given": request.n, "max": model.count_max})


def _series(model: ImageModel, request: ImageRequest) -> Iterator[Problem]:
    if request.series is None:
        return
    if not model.series_max:
        yield Problem("series_unsupported", {"model": model.name})
    elif model.series_max < request.series <= SERIES_MAX:
        facts: dict[str, Fact] = {"given": request.series, "max": model.series_max}
        yield Problem("series_length", {"model": model.name, **facts})


def _reference(model: ImageModel, request: ImageRequest) -> Iterator[Problem]:
    if request.reference is not None and request.reference not in model.references:
        yield Problem("reference_unsupported", {"model": model.name, "given": request.reference})
    if request.images and model.reference_needed and request.reference is None:
        allowed = ", ".join(model.references)
        yield Problem("reference_needed", {"model": model.name, "allowed": allowed})


def _elements(model: ImageModel, request: ImageRequest) -> Iterator[Problem]:
    beside = Beside(len(request.images))
    yield from element_problems(model.name, model.elements, request.elements, beside)


def _plain_options(model: ImageModel, request: ImageRequest) -> Iterator[Problem]:
    if request.fidelity is not None and model.fidelity is False:
        yield Problem("fidelity_unsupported", {"model": model.name})
    if request.human_fidelity is not None and model.human_fidelity is False:
        yield Problem("human_fidelity_unsupported", {"model": model.name})
    if request.negative_prompt and request.images:
        yield Problem("negative_prompt_with_image", {"model": model.name})
    elif request.negative_prompt and model.negative_prompt is False:
        yield Problem("negative_prompt_unsupported", {"model": model.name})


_CHECKS: Final[tuple[_Check, ...]] = (
    _route,
    _ratio,
    _resolution,
    _count,
    _series,
    _reference,
    _elements,
    _plain_options,
)
