"""What a model does not support of an operation."""

from collections.abc import Iterator

from bot.domain.catalogue.catalogue import Catalogue
from bot.domain.catalogue.elements import Beside, element_problems
from bot.domain.catalogue.operation_model import OperationModel
from bot.domain.requests import MotionRequest, OperationRequest, attached
from bot.errors import Problem


def operation_shortcomings(catalogue: Catalogue, request: OperationRequest) -> list[Problem]:
    """Return everything in the request that its model does not support; an unknown one may."""
    row = catalogue.operation_model(request.kind, request.model)
    if row is None:
        known = catalogue.is_known(request.model)
        return [Problem("operation_unsupported", {"model": request.model})] if known else []
    elements = request.elements if isinstance(request, MotionRequest) else ()
    return [
        *_mode(row, request),
        *_scene(row, request),
        *element_problems(row.name, row.elements, elements, Beside()),
    ]


def _mode(row: OperationModel, request: OperationRequest) -> Iterator[Problem]:
    mode = getattr(request, "mode", None)
    if mode is not None and mode not in row.modes:
        allowed = ", ".join(row.modes)
        yield Problem("mode", {"model": row.name, "given": mode, "allowed": allowed})


def _scene(row: OperationModel, request: OperationRequest) -> Iterator[Problem]:
    if row.withdrawn is not None:
        yield Problem("effect_withdrawn", {"effect": row.name, "when": f"{row.withdrawn}"})
    elif row.images is not None and (given := len(attached(request))) != row.images:
        code = "effect_takes_one" if given > row.images else "effect_needs_two"
        yield Problem(code, {"effect": row.name})
