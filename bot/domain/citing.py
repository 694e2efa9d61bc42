"""The texts of a request that may cite characters: read, and written as Kling reads them. Pure."""

from dataclasses import replace
from typing import Any, Final, TypeVar

from bot.domain.characters import LEGACY_FORM, NEWER_FORM, Element, cited_so, in_order
from bot.domain.requests import (
    EditRequest,
    ImageRequest,
    MotionRequest,
    Request,
    StoryboardRequest,
    VideoRequest,
)

SHOTS: Final = tuple(f"shot_{number}" for number in range(1, 7))
CitingRequest = VideoRequest | StoryboardRequest | EditRequest | ImageRequest | MotionRequest
"""What may cite characters in its prompt."""
Cites = TypeVar("Cites", bound=Request)


def citing_texts(request: CitingRequest) -> tuple[str, ...]:
    """Return the words of a request in which characters may be cited, in order."""
    if isinstance(request, StoryboardRequest):
        return tuple(words for words in request.words if words is not None)
    return (request.prompt,)


def with_cited(request: CitingRequest, usable: tuple[Element, ...]) -> CitingRequest:
    """Return the request with those of these characters that its words cite."""
    return replace(request, elements=in_order(citing_texts(request), usable))


def as_kling_reads(request: Cites) -> Cites:
    """Return the request with every citation as its generation of Kling writes it."""
    if not isinstance(request, CitingRequest) or not request.elements:
        return request
    form = NEWER_FORM if request.route.newer else LEGACY_FORM
    if isinstance(request, StoryboardRequest):
        shots: dict[str, Any] = {
            field: cited_so(words, request.elements, form)
            for field, words in zip(SHOTS, request.words, strict=True)
            if words is not None
        }
        return replace(request, **shots)
    return replace(request, prompt=cited_so(request.prompt, request.elements, form))
