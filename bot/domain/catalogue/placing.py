"""A request for the generation and the route of its model."""

from dataclasses import fields, replace
from typing import Any, TypeVar

from bot.domain.catalogue.catalogue import Catalogue
from bot.domain.requests import (
    ClipRequest,
    EditRequest,
    ImageRequest,
    OperationRequest,
    StoryboardRequest,
    VideoRequest,
    needs_omni,
)

Placed = TypeVar("Placed", bound=ClipRequest | EditRequest | ImageRequest | OperationRequest)


def for_model(catalogue: Catalogue, request: Placed, model: str) -> Placed:
    """Return the request with this model, everything else as it was."""
    change: dict[str, Any] = {"model": model}
    if any(field.name == "newer" for field in fields(request)):
        change["newer"] = catalogue.is_newer(model)
    match request:
        case VideoRequest():
            cites = bool(request.elements) and catalogue.cites_on_omni(model)
            references = bool(request.references) or cites
            change["omni"] = catalogue.is_omni_video(model, references=references)
        case StoryboardRequest():
            change["omni"] = catalogue.is_omni_video(model)
        case ImageRequest():
            must_be_omni = needs_omni(request.prompt, request.images)
            change["omni"] = must_be_omni or catalogue.is_omni_model(model)
    made: Placed = replace(request, **change)
    return made
