"""A request for videos, for the generation and the route of its model."""

from dataclasses import replace
from typing import TypeVar

from bot.domain.catalogue.catalogue import Catalogue
from bot.domain.requests import ClipRequest, VideoRequest

Clip = TypeVar("Clip", bound=ClipRequest)


def for_model(catalogue: Catalogue, request: Clip, model: str) -> Clip:
    """Return the request with this model, everything else as it was."""
    references = isinstance(request, VideoRequest) and bool(request.references)
    omni = catalogue.is_omni_video(model, references=references)
    made: Clip = replace(request, model=model, newer=catalogue.is_newer(model), omni=omni)
    return made
