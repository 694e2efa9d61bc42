"""Rules of `/image` for all models: options that need or exclude each other."""

from collections.abc import Iterator

from bot.domain.requests import IMAGE_OPTIONS, ImageRequest
from bot.domain.rules.citations import citation_problems, gap_problems
from bot.errors import Problem


def image_problems(request: ImageRequest) -> Iterator[Problem]:
    """Yield what is wrong with the combination of options."""
    yield from gap_problems(IMAGE_OPTIONS, request.images)
    yield from citation_problems(request.prompt, len(request.images))
    if request.series is not None and request.n is not None:
        yield Problem("series_and_n")
    if not request.omni:
        yield from _generations(request)


def _generations(request: ImageRequest) -> Iterator[Problem]:
    """What images/generations accepts only with an image (Kling's API documentation, 2026-09)."""
    if not request.images:
        for option in ("fidelity", "reference"):
            if getattr(request, option) is not None:
                yield Problem(f"{option}_without_image")
    if request.human_fidelity is not None and request.reference != "subject":
        yield Problem("human_fidelity_needs_subject")
